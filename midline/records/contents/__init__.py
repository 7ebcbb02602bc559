"""What a file is, read from its bytes in a child process that knows no database and no Django.

`python -m midline.records.contents FAMILY FILE OUT --name NAME` writes OUT/report.json and the copies that are shown. The worker
starts it through `meshes.child.run_child`, so a hostile file can at most end its own child.
"""
