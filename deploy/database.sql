-- The two roles and the database of a society, for a PostgreSQL of your own; run once, as its superuser:
--   psql -v owner_password=… -v app_password=… -f database.sql
-- Other names: -v owner=… -v app=… -v database=…. Said again, it changes nothing but the passwords.
\set ON_ERROR_STOP on
\if :{?owner}
\else
  \set owner quire_owner
\endif
\if :{?app}
\else
  \set app quire_app
\endif
\if :{?database}
\else
  \set database quire
\endif

SELECT format('CREATE ROLE %I', name) FROM (VALUES (:'owner'), (:'app')) AS wanted (name)
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec
ALTER ROLE :"owner" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION PASSWORD :'owner_password';
ALTER ROLE :"app" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION PASSWORD :'app_password';

SELECT format('CREATE DATABASE %I OWNER %I ENCODING ''UTF8'' TEMPLATE template0', :'database', :'owner')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database')
\gexec

-- Nobody else comes in; the second role owns nothing, and gets its rights from quire init and quire upgrade.
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"database" TO :"app";
\connect :"database"
ALTER SCHEMA public OWNER TO :"owner";
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
