"""What a new project starts with, and how a later template comes into one that has been edited since."""
