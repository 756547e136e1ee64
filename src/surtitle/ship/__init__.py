"""Files for shipping a project: images and their linter, pipelines, deployment."""
