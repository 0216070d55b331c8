INSERT INTO information_schema.sql_features (feature_id) VALUES ('x');
