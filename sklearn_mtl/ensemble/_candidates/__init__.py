"""What stacking and selection share: candidates that are tried fold by fold."""
