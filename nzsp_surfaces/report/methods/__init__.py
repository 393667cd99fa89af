"""What was really done, in words with its references: from the study, the provenance and the rows of a directory."""
