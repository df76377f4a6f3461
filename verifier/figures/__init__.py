"""Every published number, made again: tables of days and weeks, editions, what the pages print."""
