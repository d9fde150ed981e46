"""After Lillicrap, Cownden, Tweed and Akerman, Nature Communications 7:13276 (2016)."""
