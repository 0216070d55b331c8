;
; Archive created at 2026-11-23
;     dbname: x
