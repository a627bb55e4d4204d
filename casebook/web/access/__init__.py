"""Who gets in: accounts and sessions, how often passwords may be tried, by which names it is asked for, how long a head may take."""
