-- A survey goes from stage to stage and never back: what was published stays as it was, so that nobody can choose a
-- sample or a method by what comes out. Functions name their schema, so that a temporary table of the same name
-- cannot stand in for a real one.

CREATE OR REPLACE FUNCTION surveys_check_survey() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF OLD.published_at IS NULL THEN
    RETURN coalesce(NEW, OLD);
  END IF;
  IF TG_OP = 'DELETE' OR OLD.closed_at IS NOT NULL
     OR (OLD.id, OLD.name, OLD.starts, OLD.ends, OLD.currency, OLD.measure, OLD.method, OLD.auxiliary, OLD.size,
         OLD.beacon, OLD.seed, OLD.drafted_at, OLD.digest, OLD.published_at)
        IS DISTINCT FROM
        (NEW.id, NEW.name, NEW.starts, NEW.ends, NEW.currency, NEW.measure, NEW.method, NEW.auxiliary, NEW.size,
         NEW.beacon, NEW.seed, NEW.drafted_at, NEW.digest, NEW.published_at)
     OR (OLD.drawn_at IS NOT NULL AND
         (OLD.drawn_at, OLD.beacon_value) IS DISTINCT FROM (NEW.drawn_at, NEW.beacon_value)) THEN
    RAISE EXCEPTION 'a survey that was published is drawn once and closed once, and otherwise never changes'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER surveys_survey_stays BEFORE UPDATE OR DELETE ON public.surveys_survey
  FOR EACH ROW EXECUTE FUNCTION surveys_check_survey();

-- Strata and units belong to a draft.
CREATE OR REPLACE FUNCTION surveys_check_design() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM public.surveys_survey WHERE published_at IS NOT NULL
              AND id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.survey_id END,
                         CASE WHEN TG_OP <> 'DELETE' THEN NEW.survey_id END)) THEN
    RAISE EXCEPTION 'a design that was published never changes' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$;

CREATE OR REPLACE TRIGGER surveys_stratum_stays BEFORE INSERT OR UPDATE OR DELETE ON public.surveys_stratum
  FOR EACH ROW EXECUTE FUNCTION surveys_check_design();
CREATE OR REPLACE TRIGGER surveys_unit_stays BEFORE INSERT OR UPDATE OR DELETE ON public.surveys_unit
  FOR EACH ROW EXECUTE FUNCTION surveys_check_design();

-- A sample is drawn of a published design, whole, in one transaction: once it is drawn, no unit joins it.
CREATE OR REPLACE FUNCTION surveys_check_drawn() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM public.surveys_survey AS survey
                   JOIN public.surveys_unit AS unit ON unit.survey_id = survey.id
                  WHERE unit.id = NEW.unit_id AND survey.published_at IS NOT NULL AND survey.drawn_at IS NULL) THEN
    RAISE EXCEPTION 'a sample is drawn once, of a published design' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER surveys_drawn_checked BEFORE INSERT ON public.surveys_drawn
  FOR EACH ROW EXECUTE FUNCTION surveys_check_drawn();

-- Reports come from units of the sample, between draw and close; their lines too.
CREATE OR REPLACE FUNCTION surveys_check_report() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM public.surveys_survey AS survey
                   JOIN public.surveys_unit AS unit ON unit.survey_id = survey.id
                   JOIN public.surveys_drawn AS drawn ON drawn.unit_id = unit.id
                  WHERE unit.id = NEW.unit_id AND survey.drawn_at IS NOT NULL AND survey.closed_at IS NULL) THEN
    RAISE EXCEPTION 'only units of an open sample report' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER surveys_report_checked BEFORE INSERT ON public.surveys_report
  FOR EACH ROW EXECUTE FUNCTION surveys_check_report();

CREATE OR REPLACE FUNCTION surveys_check_line() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM public.surveys_report AS report
               JOIN public.surveys_unit AS unit ON unit.id = report.unit_id
               JOIN public.surveys_survey AS survey ON survey.id = unit.survey_id
              WHERE report.id = NEW.report_id
                AND (survey.closed_at IS NOT NULL
                     OR EXISTS (SELECT 1 FROM public.surveys_report AS later
                                 WHERE later.unit_id = report.unit_id AND later.number > report.number))) THEN
    RAISE EXCEPTION 'a report has its lines when it is recorded' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER surveys_line_checked BEFORE INSERT ON public.surveys_reportline
  FOR EACH ROW EXECUTE FUNCTION surveys_check_line();
