"""One folder, one adapter to the outside; met only in `loa.project.wiring`."""
