 id |  v  
----+-----
  2 | two
(1 row)
