-- HAProxy asks each node how it is as this user, who has no password and no rights.
CREATE USER haproxy;
