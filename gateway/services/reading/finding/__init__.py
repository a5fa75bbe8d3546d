"""What is read by parts and in numbers: students by how their ids begin, and how long lists are."""
