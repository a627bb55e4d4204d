"""The front door: command line, configuration, the flow as a list of stages, the demo."""
