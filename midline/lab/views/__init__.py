"""The technician's pages: the queue, the acts on an order, change requests, imports."""
