-- What may be forgotten is not written to the log: that costs half, and a crash empties it.
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['kit_cache', 'kit_minute'] LOOP
    IF (SELECT relpersistence FROM pg_class WHERE oid = name::regclass) <> 'u' THEN
      EXECUTE format('ALTER TABLE %I SET UNLOGGED', name);
    END IF;
  END LOOP;
END $$;
