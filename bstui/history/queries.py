"""The questions that the history is asked, in SQL."""

JOB = """
    j.id, j.name, j.created, j.profile, j.region, j.identity_id, j.identity, j.destination,
    j.launcher, j.bcl, j.grouping, j.verify, j.sources, j.samples, j.files, j.bytes, j.files_done,
    j.files_failed, j.bytes_done, j.attempts, j.outcome, j.exit_code, j.problem,
    coalesce((SELECT reason FROM attempts a WHERE a.job = j.key ORDER BY number DESC LIMIT 1), '')
        AS left,
    (SELECT min(started) FROM attempts a WHERE a.job = j.key) AS started,
    coalesce(j.ended, (SELECT max(ended) FROM attempts a WHERE a.job = j.key)) AS ended,
    coalesce((SELECT sum(max(0, ended - started)) FROM attempts a WHERE a.job = j.key), 0.0)
        AS seconds
"""
"""The columns of a HistoryJob."""

JOBS = f"SELECT {JOB} FROM jobs j WHERE CONDITION ORDER BY created DESC, id DESC LIMIT ?"  # noqa: S608
ONE_JOB = f"SELECT {JOB} FROM jobs j WHERE id = ?"  # noqa: S608

MATCH = r"""
    (j.name || ' ' || j.id || ' ' || j.destination || ' ' || j.sources || ' ' || j.profile || ' '
        || j.identity || ' ' || j.outcome LIKE ? ESCAPE '\'
     OR EXISTS (SELECT 1 FROM samples s WHERE s.job = j.key
        AND s.name || ' ' || s.project || ' ' || s.run || ' ' || s.biosample LIKE ? ESCAPE '\')
     OR j.key IN (SELECT job FROM files WHERE id = ?)
     OR ? != '' AND EXISTS
        (SELECT 1 FROM files f WHERE f.job = j.key
            AND f.path || ' ' || f.joined LIKE ? ESCAPE '\'))
"""
"""A word of a search. Paths are looked through only where one is given: there may be millions."""

WHERE = {
    "since": "j.created >= ?",
    "until": "j.created < ?",
    "outcome": "j.outcome = ?",
    "sample": """EXISTS (SELECT 1 FROM samples s WHERE s.job = j.key
        AND (s.name LIKE ? ESCAPE '\\' OR s.biosample = ?))""",
    "run": "EXISTS (SELECT 1 FROM samples s WHERE s.job = j.key AND s.run LIKE ? ESCAPE '\\')",
    "project": """EXISTS (SELECT 1 FROM samples s WHERE s.job = j.key
        AND s.project LIKE ? ESCAPE '\\')""",
    "path": """(j.destination LIKE ? ESCAPE '\\' OR EXISTS (SELECT 1 FROM files f
        WHERE f.job = j.key AND (j.destination || '/' || f.path LIKE ? ESCAPE '\\'
            OR j.destination || '/' || f.joined LIKE ? ESCAPE '\\')))""",
}
"""What narrows a search, by the name of a `Narrowing`'s field."""

GROUPS = {
    "month": "strftime('%Y-%m', j.created, 'unixepoch', 'localtime')",
    "profile": "j.profile",
    "outcome": "CASE j.outcome WHEN '' THEN 'not ended' ELSE j.outcome END",
    "destination": "j.destination",
}
STATISTICS = """
    SELECT GROUP AS "group", count(*) AS jobs, sum(j.files_done) AS files,
           sum(j.bytes_done) AS bytes, sum(j.files_failed) AS failed,
           coalesce(sum((SELECT sum(max(0, ended - started)) FROM attempts a WHERE a.job = j.key)),
               0.0) AS seconds
    FROM jobs j GROUP BY 1 ORDER BY 1
"""
STATISTICS_OF_PROJECTS = """
    SELECT s.project AS "group", count(DISTINCT s.job) AS jobs, sum(s.files_done) AS files,
           sum(CASE WHEN s.files > 0 AND s.files = s.files_done THEN s.bytes ELSE 0 END) AS bytes,
           sum(s.files - s.files_done) AS failed, 0.0 AS seconds
    FROM samples s GROUP BY 1 ORDER BY 1
"""

FORGET = (
    "DELETE FROM files WHERE job = ?",
    "DELETE FROM samples WHERE job = ?",
    "DELETE FROM attempts WHERE job = ?",
    "DELETE FROM jobs WHERE key = ?",
)

SAMPLES = """
    SELECT s.name, s.project, s.biosample, s.run, s.files, s.files_done, s.bytes
    FROM samples s JOIN jobs j ON j.key = s.job WHERE j.id = ?
    ORDER BY s.name, s.project, s.key
"""

FILES = """
    SELECT f.number, f.id, f.path, f.size, coalesce(s.name, '') AS sample,
           coalesce(s.biosample, '') AS biosample, f.state, f.verified, f.md5, f.sha256,
           f.message, f.time, f.joined, f.is_removed
    FROM files f LEFT JOIN samples s ON s.key = f.sample
    WHERE f.job = (SELECT key FROM jobs WHERE id = ?) AND f.number > ? AND (? = '' OR f.state = ?)
    ORDER BY f.number LIMIT ?
"""

_PLACE = """
    CASE f.is_removed WHEN 0 THEN f.path ELSE f.joined END AS path,
    CASE f.is_removed WHEN 0 THEN f.size ELSE f.joined_size END AS size
"""
"""Where the bytes of a file are, and how many are there: a lane's may be in a joined file."""

IMPORTED_FILES = f"""
    SELECT f.id, j.id AS job, j.name AS job_name, j.destination, {_PLACE}, f.verified, f.time
    FROM files f JOIN jobs j ON j.key = f.job
    WHERE f.state = 'done' AND f.id IN (IDS)
    ORDER BY f.time
"""  # noqa: S608

IMPORTED_RUNS = f"""
    SELECT s.biosample AS id, s.project, s.run,
           j.id AS job, j.name AS job_name, j.destination, {_PLACE}, f.verified, f.time
    FROM (SELECT job, biosample, project, run, min(first) AS first
          FROM samples WHERE biosample IN (IDS)
          GROUP BY job, biosample, project, run
          HAVING sum(files) > 0 AND sum(files) = sum(files_done)) s
    JOIN jobs j ON j.key = s.job AND j.sources NOT LIKE '%"dataset:%'
    JOIN files f ON f.job = s.job AND f.number = s.first
    ORDER BY f.time
"""  # noqa: S608
"""An import of single datasets need not hold all that there is of a run."""

TOTALS = """
    SELECT (SELECT count(*) FROM jobs) AS jobs,
           (SELECT count(*) FROM (SELECT DISTINCT job, name FROM samples)) AS samples,
           (SELECT coalesce(sum(files_done), 0) FROM jobs) AS files_done,
           (SELECT coalesce(sum(bytes_done), 0) FROM jobs) AS bytes_done,
           (SELECT min(created) FROM jobs) AS since
"""
