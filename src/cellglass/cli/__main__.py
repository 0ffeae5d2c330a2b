"""`python -m cellglass.cli`: the command line where no script is on the path."""

from .main import main

main()
