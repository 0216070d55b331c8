{"error": "unauthorized"}
