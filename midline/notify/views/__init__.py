"""Pages of this room: the bell, Email Notifications, and the development mailbox."""
