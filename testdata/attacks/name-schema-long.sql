INSERT INTO pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp.t (id, v) VALUES (2, 'x');
