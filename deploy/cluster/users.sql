-- HAProxy asks each node how it is as this user, who has no password and no rights.
CREATE USER haproxy;
-- A restore is prepared in a database of its own, beside the one that it takes the place of.
GRANT ALL ON `latchkey\_%`.* TO latchkey;
