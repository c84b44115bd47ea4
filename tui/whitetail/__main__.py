"""`python -m whitetail` runs the command line."""

from whitetail.cli import main

if __name__ == "__main__":
    main()
