-- All views are made anew whenever the database is opened for writing and their text has changed.

-- What the views below and the program's own queries share, each said once. No public interface: their columns may change.

CREATE VIEW sentences AS -- every sentence that names a brand, or speaks of all, in the passage and page that it stands in
SELECT t.*, g.page_id, g.passage_no, g.ordinal, g.text, g.language, g.heading, g.section_kind,
       trim(substr(g.text, t.sentence_start + 1, t.sentence_end - t.sentence_start)) AS sentence
FROM text_matches t
JOIN passages g ON g.passage_id = t.passage_id;

CREATE VIEW seen_images AS -- every sighting with what its image is: image_sha256 NULL = its file was not fetched
SELECT g.*, g.rowid AS sighting_no, -- in the order in which pages were read, then of the document
       l.outcome AS image_outcome, -- of the look at its file; NULL = it lies in the page itself, or was not looked at
       iif(l.outcome = 'looked', l.capture_id, NULL) AS image_capture_id,
       coalesce(g.inline_sha256, iif(l.outcome = 'looked', l.content_sha256, NULL)) AS image_sha256
FROM sightings g
LEFT JOIN looks l ON l.look_id = g.look_id;

CREATE VIEW page_readings AS -- what each reading of a page that ever showed a claim tells of it; dates are those of looks
SELECT *, min(iif(is_shown, looked_at, NULL)) OVER (PARTITION BY claim_id, url) AS first_shown,
       min(iif(is_shown, looked_at, NULL)) OVER (
           PARTITION BY claim_id, url ORDER BY looked_at RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
       ) AS shown_again -- at this reading or later; NULL = never
FROM (
    SELECT h.claim_id, h.url, k.looked_at,
           EXISTS (SELECT 1 FROM claim_evidence n WHERE n.page_id = q.page_id AND n.claim_id = h.claim_id) AS is_shown,
           q.health = 'ok' AND q.health_reason IS NULL -- a reason on a healthy page: it needs a browser to be seen whole
               AND NOT EXISTS (SELECT 1 FROM absences a WHERE a.claim_id = h.claim_id AND a.page_id = q.page_id AND a.url = h.url
                               AND a.outcome = 'could-not-look') AS is_whole
    FROM (SELECT DISTINCT e.claim_id, c.seed_id, p.url
          FROM claims c JOIN claim_evidence e ON e.claim_id = c.claim_id JOIN pages p ON p.page_id = e.page_id) h
    JOIN pages q ON q.url = h.url
    JOIN visits v ON v.visit_id = q.visit_id AND v.seed_id = h.seed_id
    JOIN looks k ON k.look_id = q.look_id
);

-- The public interface: these views keep their names and columns; the tables and views below them may change.

CREATE VIEW v_sightings AS -- every image seen in a page, matched or not
SELECT s.vendor, s.vendor_domain, p.url AS page_url, p.kind AS page_kind, g.image_url,
       g.image_sha256,
       g.found_by, g.ordinal, g.alt, g.title, g.link_url, g.heading, g.section_kind, g.zone,
       g.section_reasons, v.crawl_id, g.sighting_id, g.page_id, g.nearby_text, g.aria_label, g.caption, g.noise,
       g.noise_reason, g.twin_group, g.box, g.fragment, g.original_url
FROM seen_images g
JOIN pages p ON p.page_id = g.page_id
JOIN visits v ON v.visit_id = p.visit_id
JOIN seeds s ON s.seed_id = v.seed_id;

CREATE VIEW v_logo_matches AS -- every sighting of an image, one row per brand found in it: by its picture, else by the words in it
SELECT g.vendor, g.page_url, g.page_kind, g.image_url, g.image_sha256, g.found_by, g.ordinal, g.alt, g.link_url,
       g.heading, g.section_kind, c.relation, m.brand, o.file AS official_logo, m.method, m.distance_bits, m.score,
       json_object('x', m.x, 'y', m.y, 'width', m.width, 'height', m.height) AS region,
       g.crawl_id, g.sighting_id, m.match_id, m.transform, m.strangers, m.strangers_compared, m.kind,
       coalesce(m.words, (SELECT w.words FROM logo_matches w WHERE w.image_sha256 = m.image_sha256 AND w.brand = m.brand AND w.kind = 'words'))
           AS words,
       m.tier, m.programme
FROM v_sightings g
JOIN logo_matches m ON m.image_sha256 = g.image_sha256 AND m.strength = 'match' AND m.rejection_id IS NULL
     AND NOT (m.kind = 'words' AND EXISTS (SELECT 1 FROM logo_matches n WHERE n.image_sha256 = m.image_sha256 AND n.brand = m.brand
                                           AND n.kind = 'picture' AND n.strength = 'match' AND n.rejection_id IS NULL))
LEFT JOIN official_logos o ON o.official_logo_id = m.official_logo_id
LEFT JOIN claim_evidence e ON e.sighting_id = g.sighting_id AND e.match_id = m.match_id
LEFT JOIN claims c ON c.claim_id = e.claim_id;

CREATE VIEW v_perhaps AS -- every sighting of an image that resembles an official logo, or seems to name a brand, too little to count: a person has to look
SELECT g.vendor, g.page_url, g.page_kind, g.image_url, g.image_sha256, g.found_by, g.ordinal, g.alt, g.link_url,
       g.heading, g.section_kind, m.brand, o.file AS official_logo, m.method, m.distance_bits, m.score,
       json_object('x', m.x, 'y', m.y, 'width', m.width, 'height', m.height) AS region,
       g.crawl_id, g.sighting_id, m.match_id, m.transform, m.strangers, m.strangers_compared, m.kind, m.words,
       m.why_perhaps, m.inside_brand
FROM v_sightings g
JOIN logo_matches m ON m.image_sha256 = g.image_sha256 AND m.strength = 'perhaps' AND m.rejection_id IS NULL
     AND NOT EXISTS (SELECT 1 FROM logo_matches n WHERE n.image_sha256 = m.image_sha256 AND n.brand = m.brand
                     AND n.strength = 'match' AND n.rejection_id IS NULL)
LEFT JOIN official_logos o ON o.official_logo_id = m.official_logo_id;

CREATE VIEW v_image_words AS -- every line of words that was read in an image
SELECT w.image_sha256, w.line_no, w.text, w.confidence, json_object('x', w.x, 'y', w.y, 'width', w.width, 'height', w.height) AS region,
       i.engine, i.read_at
FROM image_words w
JOIN image_readings i ON i.image_sha256 = w.image_sha256;

CREATE VIEW v_name_matches AS -- what stands beside an image and names a brand, recognised in the picture or not
SELECT g.vendor, g.vendor_domain, g.page_url, g.image_url, g.image_sha256, n.brand, n.source, n.text, n.name, n.is_alone, n.relation, n.tier,
       n.programme, g.heading, g.section_kind, g.crawl_id, g.sighting_id, n.name_match_id
FROM name_matches n
JOIN v_sightings g ON g.sighting_id = n.sighting_id;

CREATE VIEW v_rejections AS -- images of which a person said that they do not show a brand's logo; one row per image and brand
SELECT r.brand, r.image_sha256,
       CASE WHEN r.event = 'undone' THEN 'undone'
            WHEN json(r.official_logo_ids) = (
                SELECT json_group_array(official_logo_id) FROM (
                    SELECT official_logo_id FROM official_logos WHERE brand = r.brand AND is_current = 1 ORDER BY 1))
            THEN 'holds' ELSE 'official-set-changed' END AS state, -- holds, undone, official-set-changed
       (SELECT count(*) FROM logo_matches m WHERE m.rejection_id = r.rejection_id) AS images, -- whose match it holds back
       r.why, r.decided_by, r.decided_at, r.rejection_id
FROM rejections r
WHERE r.rejection_id = (SELECT max(rejection_id) FROM rejections WHERE brand = r.brand AND image_sha256 = r.image_sha256);

CREATE VIEW v_refusals AS -- every image that was seen in a page and not judged, with the reason
SELECT g.vendor, p_look.page_url, g.image_url, p_look.image_sha256, g.found_by, g.ordinal,
       p_look.reason, p_look.detail, g.crawl_id, g.sighting_id
FROM (
    SELECT v.sighting_id, v.page_url, v.image_sha256, r.refusal_reason AS reason, r.refusal_detail AS detail
    FROM v_sightings v
    JOIN recognitions r ON r.image_sha256 = v.image_sha256 AND r.refusal_reason IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM recognitions j WHERE j.image_sha256 = r.image_sha256 AND j.refusal_reason IS NULL)
    UNION
    SELECT g.sighting_id, p.url, NULL, l.reason, l.detail
    FROM sightings g
    JOIN pages p ON p.page_id = g.page_id
    JOIN looks l ON l.look_id = g.look_id AND l.outcome = 'could-not-look'
) AS p_look
JOIN v_sightings g ON g.sighting_id = p_look.sighting_id;

CREATE VIEW v_namings AS -- every sentence that names a brand, or speaks of all (brand NULL)
SELECT s.vendor, p.url AS page_url, t.brand, t.kind,
       t.sentence, t.language, t.rule, json_array(t.span_start, t.span_end) AS span, t.tier, t.alias, t.heading,
       v.crawl_id, t.text_match_id,
       t.relation, t.polarity, t.modality, t.asserted_by, t.subject, t.programme, t.since, t.until, t.certainty, t.doubt,
       t.is_overshadowed -- 1: a mere mention, or a notice of trademarks, on a page that says more of the brand
FROM sentences t
JOIN pages p ON p.page_id = t.page_id
JOIN visits v ON v.visit_id = p.visit_id
JOIN seeds s ON s.seed_id = v.seed_id;

CREATE VIEW v_text_claims AS -- what pages say of a brand in words: v_namings without what adds nothing (is_overshadowed)
SELECT vendor, page_url, brand, kind, sentence, language, rule, span, tier, alias, heading, crawl_id, text_match_id,
       relation, polarity, modality, asserted_by, subject, programme, since, until, certainty, doubt
FROM v_namings
WHERE NOT is_overshadowed;

CREATE VIEW v_coverage AS -- what was visited, what could not be looked at and why
SELECT s.vendor, s.vendor_domain, v.crawl_id, v.state AS visit_state, v.end_reason,
       l.requested_url,
       CASE WHEN p.health = 'ok' THEN p.url WHEN p.page_id IS NULL AND l.outcome = 'looked' THEN l.final_url END
           AS page_url, -- the page that was read; NULL where none could be
       CASE WHEN l.look_id IS NULL THEN CASE v.state WHEN 'failed' THEN 'could-not-look' ELSE v.state END
            WHEN p.health <> 'ok' THEN 'could-not-look' ELSE l.outcome END AS outcome,
       CASE WHEN p.health_reason LIKE 'needs a browser%' THEN 'needs-browser' -- its words may have been read all the same
            WHEN p.health = 'ok' AND p.health_reason LIKE 'empty main part%' THEN 'empty-main'
            WHEN p.health = 'ok' AND p.health_reason LIKE 'cut short%' THEN 'cut-short'
            WHEN p.health = 'error' THEN 'http-' || l.status
            WHEN p.health <> 'ok' THEN p.health ELSE coalesce(l.reason, CASE v.state WHEN 'failed' THEN v.end_reason END)
            END AS reason,
       coalesce(p.health_reason, l.detail) AS detail, l.status,
       p.kind AS page_kind, p.health AS page_health, p.language, p.title, l.looked_at,
       l.why, -- why the address was worth a look
       l.unchanged_since, -- the earlier look whose content still holds
       v.visit_id
FROM visits v
JOIN seeds s ON s.seed_id = v.seed_id
LEFT JOIN looks l ON l.visit_id = v.visit_id AND l.purpose = 'page'
LEFT JOIN pages p ON p.look_id = l.look_id;

CREATE VIEW v_vendor_coverage AS -- one row a vendor and crawl: how much of it was looked at, and why not more; no vendor is left out
WITH tried AS (
    SELECT visit_id, requested_url, reason, page_kind, page_health, why, outcome,
           outcome = 'looked' AND page_health = 'ok' AS is_read,
           requested_url IS NOT NULL AND (
               (outcome = 'could-not-look' AND coalesce(reason, '') NOT IN ('soft-404', 'http-404', 'http-410', 'listing')) -- what is not there hides nothing
               OR reason IN ('needs-browser', 'empty-main', 'cut-short')) AS is_unseen
    FROM v_coverage
), pages_of AS (
    SELECT visit_id, sum(is_read) AS pages_read, sum(is_read AND page_kind IN ('partners', 'clients', 'resellers')) AS partner_pages,
           sum(is_unseen) AS pages_unseen
    FROM tried GROUP BY visit_id
), reasons AS ( -- SQLite takes the other columns from the row with the maximum
    SELECT visit_id, reason, max(printf('%06d%s', number, reason)) AS most
    FROM (SELECT visit_id, reason, count(*) AS number FROM tried WHERE is_unseen GROUP BY visit_id, reason) GROUP BY visit_id
), images_of AS (
    SELECT visit_id, sum(outcome = 'looked') AS images_looked, sum(outcome <> 'looked') AS images_unseen
    FROM looks WHERE purpose = 'image' GROUP BY visit_id
)
SELECT s.vendor, s.vendor_domain, v.crawl_id, c.kind AS crawl_kind,
       CASE WHEN v.state IN ('pending', 'running') THEN v.state
            WHEN coalesce(p.pages_read, 0) = 0 THEN 'could-not-look'
            WHEN p.pages_unseen > 0 OR v.end_reason LIKE 'budget of%' OR v.end_reason LIKE '%error of the program%' THEN 'looked-in-part'
            ELSE 'looked' END AS outcome,
       CASE WHEN v.state IN ('pending', 'running') THEN NULL
            WHEN coalesce(p.pages_read, 0) = 0 THEN coalesce( -- of the start address, else of the page that was left last
                (SELECT t.reason FROM tried t WHERE t.visit_id = v.visit_id AND t.why LIKE 'start address%' AND t.reason IS NOT NULL LIMIT 1),
                r.reason, substr(v.end_reason || ':', 1, instr(v.end_reason || ':', ':') - 1))
            WHEN v.end_reason LIKE 'budget of%' THEN replace(substr(v.end_reason || ';', 1, instr(v.end_reason || ';', ';') - 1), 'budget of ', 'budget-')
            ELSE r.reason END AS reason, -- the one that decides; NULL: all was looked at
       (SELECT json_group_array(json_object('url', t.requested_url, 'reason', t.reason, 'why', t.why)) FROM (
            SELECT * FROM tried t WHERE t.visit_id = v.visit_id AND (t.is_unseen OR (coalesce(p.pages_read, 0) = 0 AND t.requested_url IS NOT NULL))
            ORDER BY t.why LIKE 'start address%' DESC, t.requested_url LIMIT 20) t) AS tried,
       coalesce(p.pages_read, 0) AS pages_read, coalesce(p.partner_pages, 0) AS partner_pages, coalesce(p.pages_unseen, 0) AS pages_unseen,
       coalesce(i.images_looked, 0) AS images_looked, coalesce(i.images_unseen, 0) AS images_unseen,
       v.end_reason, v.started_at, v.ended_at, v.visit_id
FROM visits v
JOIN seeds s ON s.seed_id = v.seed_id
JOIN crawls c ON c.crawl_id = v.crawl_id
LEFT JOIN pages_of p ON p.visit_id = v.visit_id
LEFT JOIN reasons r ON r.visit_id = v.visit_id
LEFT JOIN images_of i ON i.visit_id = v.visit_id;

CREATE VIEW v_findings AS -- one row per claim: what is claimed, on what evidence, and the verdict that holds
SELECT s.vendor, s.vendor_domain, c.brand, c.relation,
       (SELECT e.tier FROM claim_evidence e WHERE e.claim_id = c.claim_id AND e.tier IS NOT NULL
        ORDER BY date(e.seen_at) DESC, instr('picture words name text', e.evidence), e.tier LIMIT 1) AS tier,
       (SELECT group_concat(k.value) FROM json_each('["picture", "words", "name", "text"]') k
        WHERE EXISTS (SELECT 1 FROM claim_evidence e WHERE e.claim_id = c.claim_id AND e.evidence = k.value)) AS evidence,
       d.verdict, d.reasons,
       p.url AS page_url, g.image_url,
       (SELECT i.image_sha256 FROM seen_images i WHERE i.sighting_id = b.sighting_id) AS image_sha256,
       (SELECT min(e.seen_at) FROM claim_evidence e WHERE e.claim_id = c.claim_id) AS first_seen,
       (SELECT max(e.seen_at) FROM claim_evidence e WHERE e.claim_id = c.claim_id) AS last_seen,
       c.claim_id, d.rule, d.objections, d.close, d.as_of
FROM claims c
JOIN seeds s ON s.seed_id = c.seed_id
JOIN claim_evidence b ON b.rowid = ( -- what shows the claim best: pictures first, then words in them, names, sentences; the newest look, the surest match
    SELECT e.rowid FROM claim_evidence e
    JOIN pages p ON p.page_id = e.page_id
    LEFT JOIN logo_matches m ON m.match_id = e.match_id
    WHERE e.claim_id = c.claim_id
    ORDER BY instr('picture words name text', e.evidence), date(e.seen_at) DESC, m.score DESC, p.kind = 'partners' DESC, p.url, m.image_sha256, e.evidence_id LIMIT 1)
JOIN pages p ON p.page_id = b.page_id
LEFT JOIN sightings g ON g.sighting_id = b.sighting_id
LEFT JOIN verdicts d ON d.claim_id = c.claim_id
     AND d.sequence = (SELECT max(sequence) FROM verdicts WHERE claim_id = c.claim_id AND is_replay = 0);

CREATE VIEW v_changes AS -- every image that a page showed on any visit, and what became of it: dates are those of looks
WITH seen AS (
    SELECT v.seed_id, p.url AS page_url, coalesce(g.image_url, g.inline_sha256) AS image, g.found_by,
           g.image_sha256, k.looked_at, iif(g.image_outcome = 'could-not-look', k.looked_at, '') AS failed_at
    FROM seen_images g
    JOIN pages p ON p.page_id = g.page_id AND p.health = 'ok'
    JOIN looks k ON k.look_id = p.look_id
    JOIN visits v ON v.visit_id = p.visit_id
), read_pages AS ( -- only healthy pages can show that something is gone
    SELECT v.seed_id, p.url AS page_url, min(k.looked_at) AS first_read, max(k.looked_at) AS last_read
    FROM pages p
    JOIN looks k ON k.look_id = p.look_id
    JOIN visits v ON v.visit_id = p.visit_id
    LEFT JOIN page_continuity n ON n.page_id = p.page_id
    WHERE p.health = 'ok' AND p.health_reason IS NULL -- a reason on a healthy page: it needs a browser to be seen whole
      AND coalesce(n.continuity, 'same') = 'same' -- what has changed beyond recognition lacks more than this image
    GROUP BY 1, 2
), tried AS ( -- SQLite takes the other columns from the row with the maximum
    SELECT v.seed_id, k.requested_url AS page_url, max(k.looked_at) AS last_tried, k.status
    FROM looks k
    JOIN visits v ON v.visit_id = k.visit_id
    WHERE k.purpose = 'page'
    GROUP BY 1, 2
)
SELECT s.vendor, s.vendor_domain, e.page_url, e.image, e.found_by,
       CASE WHEN t.last_tried > r.last_read AND t.status IN (404, 410) THEN 'page-gone'
            WHEN t.last_tried > r.last_read THEN 'could-not-look'
            WHEN max(e.looked_at) < r.last_read THEN 'gone'
            WHEN max(e.failed_at) = max(e.looked_at) THEN 'could-not-look' -- the page shows it, its file did not come
            WHEN count(DISTINCT e.image_sha256) > 1 THEN 'changed'
            WHEN min(e.looked_at) > r.first_read THEN 'appeared'
            ELSE 'unchanged' END AS state, -- unchanged, appeared, changed, gone, page-gone, could-not-look
       min(e.looked_at) AS first_seen, max(e.looked_at) AS last_seen,
       r.last_read AS page_last_read, -- the date by which a gone image was gone
       count(DISTINCT e.image_sha256) AS contents, -- different files seen under this address
       e.image_sha256 -- of one of them
FROM seen e
JOIN read_pages r ON r.seed_id = e.seed_id AND r.page_url = e.page_url
JOIN seeds s ON s.seed_id = e.seed_id
LEFT JOIN tried t ON t.seed_id = e.seed_id AND t.page_url = e.page_url
GROUP BY e.seed_id, e.page_url, e.image, e.found_by;

CREATE VIEW v_claim_changes AS -- every claim, and whether its pages still showed it when they were last looked at
WITH shown AS ( -- by claim and page: when it was last shown, and what was learnt of the page since
    SELECT c.claim_id, c.seed_id, p.url, min(e.seen_at) AS first_shown, max(e.seen_at) AS last_shown,
           (SELECT max(k.looked_at) FROM absences a JOIN pages q ON q.page_id = a.page_id JOIN looks k ON k.look_id = q.look_id
            WHERE a.claim_id = c.claim_id AND a.url = p.url AND a.outcome = 'gone') AS last_known, -- when it was known to be gone from there
           (SELECT max(k.looked_at) FROM looks k JOIN visits v ON v.visit_id = k.visit_id
            WHERE v.seed_id = c.seed_id AND k.purpose = 'page' AND k.requested_url = p.url) AS last_tried
    FROM claims c
    JOIN claim_evidence e ON e.claim_id = c.claim_id
    JOIN pages p ON p.page_id = e.page_id
    GROUP BY c.claim_id, p.url
), last_visits AS ( -- a visit of one page, as `check` makes, says nothing of the others
    SELECT v.seed_id, max(v.started_at) AS visited_at, min(v.started_at) AS first_visited_at
    FROM visits v JOIN crawls k ON k.crawl_id = v.crawl_id AND k.kind <> 'check'
    WHERE v.state = 'done' GROUP BY v.seed_id
), latest_absences AS ( -- SQLite takes the other columns from the row with the maximum
    SELECT a.claim_id, a.why, k.looked_at, max(k.looked_at || a.outcome || q.url) AS latest
    FROM absences a JOIN pages q ON q.page_id = a.page_id JOIN looks k ON k.look_id = q.look_id
    WHERE k.looked_at > (SELECT max(e.seen_at) FROM claim_evidence e WHERE e.claim_id = a.claim_id)
    GROUP BY a.claim_id
)
SELECT s.vendor, s.vendor_domain, c.brand, c.relation,
       CASE WHEN max(h.last_shown >= max(coalesce(h.last_known, ''), coalesce(h.last_tried, ''))
                     AND h.last_shown >= coalesce(l.visited_at, ''))
            THEN iif(min(h.first_shown) >= l.visited_at AND l.visited_at > l.first_visited_at, 'appeared', 'present')
            WHEN min(coalesce(h.last_known, '') > h.last_shown AND h.last_known >= coalesce(h.last_tried, ''))
            THEN 'gone' ELSE 'could-not-look' END AS state, -- present, appeared, gone, could-not-look
       min(h.first_shown) AS first_seen, max(h.last_shown) AS last_seen,
       max(max(coalesce(h.last_known, ''), h.last_shown)) AS last_known, -- when its pages were last read, or found to be no more; by then a claim that is gone was gone
       iif(a.looked_at >= coalesce(max(h.last_tried), ''), a.why, NULL) AS why, -- what the latest reading without it tells; NULL = none
       c.claim_id
FROM claims c
JOIN seeds s ON s.seed_id = c.seed_id
JOIN shown h ON h.claim_id = c.claim_id
LEFT JOIN last_visits l ON l.seed_id = c.seed_id
LEFT JOIN latest_absences a ON a.claim_id = c.claim_id
GROUP BY c.claim_id;

CREATE VIEW v_standings AS -- one row for each vendor and brand: where it stands, by its most serious claim
WITH seriousness AS (
    SELECT value AS verdict, key AS place
    FROM json_each('["no-authorisation", "lapsed", "not-yet", "exceeds-grant", "template", "group-member", "undetermined", "authorised", "disclaimed", "not-a-partnership-claim", "own-property"]') -- as ledger/verdict_kinds.py has them
), claimed AS (
    SELECT f.*, c.seed_id, h.state,
           iif(json_array_length(d.facts, '$.doubts') > 0, 'likely', 'sure') AS certainty,
           row_number() OVER (PARTITION BY c.seed_id, c.brand ORDER BY coalesce(o.place, 99), h.state = 'gone', f.relation) AS place,
           count(*) OVER (PARTITION BY c.seed_id, c.brand) - 1 AS other_claims,
           min(f.first_seen) OVER (PARTITION BY c.seed_id, c.brand) AS first_seen_of_all,
           max(f.last_seen) OVER (PARTITION BY c.seed_id, c.brand) AS last_seen_of_all
    FROM v_findings f
    JOIN claims c ON c.claim_id = f.claim_id
    JOIN v_claim_changes h ON h.claim_id = f.claim_id
    LEFT JOIN seriousness o ON o.verdict = f.verdict
    LEFT JOIN verdicts d ON d.claim_id = f.claim_id
         AND d.sequence = (SELECT max(sequence) FROM verdicts WHERE claim_id = f.claim_id AND is_replay = 0)
    WHERE f.relation NOT IN ('press', 'social', 'payment', 'app-store', 'sign-in', 'review-widget', 'software-used') -- a mark that claims nothing: ledger/relations.py
      AND NOT (f.relation = 'incidental' AND f.verdict = 'not-a-partnership-claim')
)
SELECT vendor, vendor_domain, brand, verdict, certainty, relation, tier, evidence, other_claims, state, reasons, page_url,
       first_seen_of_all AS first_seen, last_seen_of_all AS last_seen, claim_id
FROM claimed
WHERE place = 1;

CREATE VIEW v_verdicts AS -- every verdict that was ever given, replays too, with the run that gave it
SELECT s.vendor, s.vendor_domain, c.brand, c.relation, d.verdict, d.rule, d.reasons, d.close, d.objections, d.as_of,
       j.known_at, -- NULL = what was known when it was judged
       d.is_replay, j.cause, d.rules_version, d.judged_at, d.facts, d.search_id, d.judging_id, d.claim_id, d.sequence
FROM verdicts d
JOIN claims c ON c.claim_id = d.claim_id
JOIN seeds s ON s.seed_id = c.seed_id
LEFT JOIN judgings j ON j.judging_id = d.judging_id;

CREATE VIEW v_claim_dates AS -- when a claim was there, as far as looks can tell: each date with its uncertainty
WITH readings AS ( -- by claim and page
    SELECT claim_id, url, first_shown, min(first_shown) OVER (PARTITION BY claim_id) AS first,
           max(looked_at) FILTER (WHERE is_shown) AS last_shown,
           max(looked_at) FILTER (WHERE is_whole AND looked_at < first_shown) AS before,
           min(looked_at) FILTER (WHERE is_whole AND looked_at > first_shown AND shown_again IS NULL) AS after
    FROM page_readings
    GROUP BY claim_id, url
), dates AS (
    SELECT claim_id, max(iif(first_shown = first, before, NULL)) AS not_yet_seen, min(first_shown) AS first_seen,
           max(last_shown) AS last_seen, iif(count(*) = count(after), max(after), NULL) AS gone_by
    FROM readings
    GROUP BY claim_id
)
SELECT s.vendor, s.vendor_domain, c.brand, c.relation,
       d.not_yet_seen, -- its page was read without it; NULL = never before
       d.first_seen, -- it began between not_yet_seen and here
       d.last_seen,
       d.gone_by, -- it ended between last_seen and here; NULL = not known to be gone
       (SELECT min(t.since) FROM claim_evidence e JOIN text_matches t ON t.text_match_id = e.text_match_id
        WHERE e.claim_id = d.claim_id) AS since_by_its_words, -- what the vendor's own sentences say
       d.claim_id
FROM dates d
JOIN claims c ON c.claim_id = d.claim_id
JOIN seeds s ON s.seed_id = c.seed_id;

CREATE VIEW v_contradictions AS -- a vendor claims and denies a relation to one brand: each claim with each sentence that denies it
SELECT s.vendor, s.vendor_domain, c.brand, c.relation,
       max(EXISTS (SELECT 1 FROM claim_evidence n WHERE n.claim_id = c.claim_id AND n.page_id = e.page_id)) AS is_on_same_page,
       t.sentence AS denial,
       t.polarity, -- denied, disclaimed
       t.brand IS NOT NULL AS names_brand, -- 0 = the sentence speaks of every brand
       (SELECT group_concat(k.value) FROM json_each('["picture", "words", "name", "text"]') k
        WHERE EXISTS (SELECT 1 FROM claim_evidence n WHERE n.claim_id = c.claim_id AND n.evidence = k.value)) AS claimed_by, -- picture, words, name, text
       min(p.url) AS denying_page_url, -- one of them
       count(DISTINCT p.url) AS denying_pages,
       min(e.seen_at) AS first_seen, max(e.seen_at) AS last_seen, c.claim_id, d.claim_id AS denial_id
FROM claims c
JOIN claims d ON d.seed_id = c.seed_id AND d.brand = c.brand AND d.relation = 'denied'
JOIN claim_evidence e ON e.claim_id = d.claim_id
JOIN sentences t ON t.text_match_id = e.text_match_id
JOIN pages p ON p.page_id = e.page_id
JOIN seeds s ON s.seed_id = c.seed_id
WHERE c.relation NOT IN ('denied', 'own', 'social', 'payment', 'app-store', 'sign-in', 'review-widget', 'software-used', 'press', 'incidental')
  AND EXISTS (SELECT 1 FROM claim_evidence n WHERE n.claim_id = c.claim_id)
GROUP BY c.claim_id, denial;

CREATE VIEW v_mark_findings AS -- official marks shown otherwise than their brand allows, on true partners' pages too
SELECT s.vendor, s.vendor_domain, c.brand, c.relation, f.kind, f.measured, f.allowed, o.file AS official_logo,
       p.url AS page_url, g.image_url, m.image_sha256, e.seen_at,
       (SELECT d.verdict FROM verdicts d WHERE d.claim_id = c.claim_id AND d.is_replay = 0 ORDER BY d.sequence DESC LIMIT 1) AS verdict,
       c.claim_id, e.evidence_id
FROM mark_findings f
JOIN claim_evidence e ON e.claim_id = f.claim_id AND e.evidence_id = f.evidence_id
JOIN claims c ON c.claim_id = e.claim_id
JOIN seeds s ON s.seed_id = c.seed_id
JOIN pages p ON p.page_id = e.page_id
JOIN sightings g ON g.sighting_id = e.sighting_id
JOIN logo_matches m ON m.match_id = e.match_id
JOIN official_logos o ON o.official_logo_id = m.official_logo_id;

CREATE VIEW v_templates AS -- logo walls that unrelated vendors show alike: one row for each vendor's wall
SELECT w.template_id, s.vendor, s.vendor_domain, p.url AS page_url, w.images,
       (SELECT group_concat(DISTINCT c.brand) FROM wall_images i JOIN claim_evidence e ON e.sighting_id = i.sighting_id
        JOIN claims c ON c.claim_id = e.claim_id WHERE i.wall_id = w.wall_id) AS brands, -- whose official logos stand in it
       w.wall_id
FROM walls w
JOIN pages p ON p.page_id = w.page_id
JOIN seeds s ON s.seed_id = w.seed_id
WHERE w.template_id IS NOT NULL;

CREATE VIEW v_cases AS -- every case with what was decided, what was asked of the vendor, and what came of it
SELECT k.vendor, k.vendor_domain, k.country, k.brand, k.relation, k.tier, k.verdict, k.state, k.reason, k.decided_by, k.decided_at,
       k.assignee, k.due_on, k.followup, k.followup_at, k.answer_by,
       (SELECT min(l.sent_on) FROM letters l WHERE l.case_id = k.case_id) AS first_letter_on,
       (SELECT count(*) FROM letters l WHERE l.case_id = k.case_id AND l.sent_on IS NOT NULL) AS letters_sent,
       (SELECT count(*) FROM replies r WHERE r.case_id = k.case_id) AS replies,
       k.removed_on, -- first look without the claim, of those that prove its removal; NULL = not proven
       k.first_seen, k.last_seen, k.opened_at, k.claim_id, k.case_id
FROM cases k;

CREATE VIEW v_letters AS -- every letter with what it says now
SELECT k.vendor, k.vendor_domain, k.brand, l.tone, l.language, l.jurisdiction, l.gate, l.state, t.recipient, t.contact,
       t.contact_source, t.subject, t.body, l.written_by, l.written_at, l.approved_by, l.approved_at, l.counsel,
       l.sent_on, l.sent_by, l.sent_how, l.answer_by, l.letter_id, l.case_id
FROM letters l
JOIN letter_texts t ON t.text_id = l.text_id
JOIN cases k ON k.case_id = l.case_id;

CREATE VIEW v_removal_checks AS -- what each visit tells of a claim that was confirmed: shown, gone, or it could not look
SELECT k.vendor, k.vendor_domain, k.brand, k.relation, r.looked_at, r.outcome, r.pages, k.followup, r.visit_id, r.case_id
FROM removal_checks r
JOIN cases k ON k.case_id = r.case_id;

CREATE VIEW v_image_hashes AS -- every region of an image that was judged, with its hashes as text that says what they are
SELECT i.image_sha256, r.x, r.y, r.width, r.height, -- the region, in px of the image
       'phash/8x8:' || lower(hex(r.phash_8x8)) AS phash,
       'dhash/8x8:' || lower(hex(r.dhash_8x8)) AS dhash,
       'edge/4x8x8:' || lower(hex(r.edge_4x8x8)) AS edge
FROM image_hashes r
JOIN hashed_images i ON i.image_no = r.image_no;
