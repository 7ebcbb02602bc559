"""The pages of cases: Manage Orders, Manage Collaborators, the Collaborator Dashboard, Collaborator(s) in My Account."""
