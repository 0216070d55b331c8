-- a comment
/* another /* nested */ one */

