"""What people see: tables, progress, JSON, playlists. Computes nothing."""
