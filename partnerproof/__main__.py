"""`python -m partnerproof` is the command line."""

from partnerproof.cli import main

if __name__ == "__main__":
    main()
