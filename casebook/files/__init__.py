"""Files that leave the program: PDF, CSV, XLSX."""
