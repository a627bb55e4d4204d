-- The schema, version 1. One CREATE for each table, in the order of the flow; the comments stay in the database, so that whoever
-- opens it with `.schema` reads what each column means. A later version changes it by a migration (ledger/migrations.py).
-- Times are UTC text (2026-11-23T06:34:29Z), dates ISO text, lists and objects JSON. Each table is written by one room.

CREATE TABLE brands ( -- whose mark it is
    brand TEXT PRIMARY KEY, -- short name, as the folder under brands/
    name TEXT NOT NULL,
    aliases TEXT NOT NULL, -- JSON list, every script
    domains TEXT NOT NULL, -- JSON list of domains that the brand owns
    recorded_at TEXT NOT NULL,
    not_when TEXT NOT NULL, -- JSON list: in a sentence with one of these words the names mean something else
    tiers TEXT NOT NULL -- JSON list, lowest first: {name, programme, valid_from, valid_until} as brand.toml has them
) STRICT;

CREATE TABLE official_logos ( -- the drawings that a brand calls its own
    official_logo_id TEXT PRIMARY KEY,
    brand TEXT NOT NULL REFERENCES brands(brand),
    file TEXT NOT NULL,
    variant TEXT NOT NULL, -- colour, white, mono, icon, stacked, badge
    programme TEXT, -- for badges: the partner programme
    tier TEXT, -- for badges: the tier that the artwork states
    valid_from TEXT, -- date, inclusive; NULL = always
    valid_until TEXT, -- date, exclusive; NULL = still valid
    content BLOB NOT NULL, -- the file itself
    is_current INTEGER NOT NULL, -- 0 when the file has left the official set
    recorded_at TEXT NOT NULL,
    product TEXT, -- under the brand, such as Acme Cloud; NULL = the brand itself
    usage TEXT NOT NULL -- JSON: min_width_px, min_height_px, clear_space, allowed_colours, as far as said
) STRICT;

CREATE TABLE seeds ( -- one vendor to visit
    seed_id TEXT PRIMARY KEY,
    vendor TEXT NOT NULL, -- name as in the seed list
    vendor_domain TEXT NOT NULL, -- registrable domain of the first start URL (an address stays as it is)
    start_urls TEXT NOT NULL, -- JSON list
    country TEXT,
    parent TEXT, -- name of the group it belongs to, as in the seed list
    aliases TEXT NOT NULL, -- JSON list: its other names, as in the seed list
    identifiers TEXT NOT NULL -- JSON list: LEIs, and registration numbers as ISSUER:NUMBER
) STRICT;

CREATE TABLE crawls ( -- one run over a list of seeds
    crawl_id TEXT PRIMARY KEY, -- ULID
    order_sha256 TEXT NOT NULL, -- of seeds, brands and scope: an equal order goes on with an unfinished crawl
    seeds_file TEXT NOT NULL,
    settings TEXT NOT NULL, -- JSON
    tool_version TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT, -- NULL while visits are left
    kind TEXT NOT NULL CHECK (kind IN ('crawl', 'check', 'ingest')), -- crawl; check = one page; ingest = read from an archive that others made: no request was made
    made_with TEXT NOT NULL, -- JSON: versions, and the digests of settings, rules, word lists and official logos when it began; continued_with: when it went on with others
    clock TEXT, -- JSON: our clock less the servers', median_s and middle_half_s over so many servers and answers; NULL = not measured
    waits_until TEXT, -- while it waits: until when; NULL = it does not
    waits_for TEXT -- our own network, or the hours in which it may crawl
) STRICT;

CREATE TABLE visits ( -- one look at one seed in one crawl; the unit of restart
    visit_id TEXT PRIMARY KEY,
    crawl_id TEXT NOT NULL REFERENCES crawls(crawl_id),
    seed_id TEXT NOT NULL REFERENCES seeds(seed_id),
    ordinal INTEGER NOT NULL, -- place in the seed list, from 0
    state TEXT NOT NULL CHECK (state IN ('pending', 'running', 'done', 'failed')),
    started_at TEXT,
    ended_at TEXT,
    end_reason TEXT, -- complete, or the budget that ran out, or why it failed
    pages INTEGER NOT NULL, -- healthy pages read
    requests INTEGER NOT NULL,
    body_bytes INTEGER NOT NULL, -- received, before decompression
    judged_at TEXT, -- NULL: matches, claims and verdicts of this visit are still to come
    start_urls TEXT -- JSON list of this visit; NULL = those of the seed
) STRICT;
CREATE INDEX visits_by_state ON visits(crawl_id, state, ordinal);
CREATE INDEX visits_by_seed ON visits(seed_id);

CREATE TABLE warc_files ( -- the files under var/warc/
    warc_file TEXT PRIMARY KEY,
    crawl_id TEXT NOT NULL REFERENCES crawls(crawl_id),
    committed_bytes INTEGER NOT NULL -- what lies beyond is a torn tail and is cut at the next start
) STRICT;

CREATE TABLE captures ( -- one HTTP exchange as it went over the wire
    capture_id TEXT PRIMARY KEY,
    visit_id TEXT NOT NULL REFERENCES visits(visit_id),
    url TEXT NOT NULL,
    attempt INTEGER NOT NULL, -- 0, or the number of the retry
    status INTEGER NOT NULL,
    fetched_at TEXT NOT NULL,
    content_type TEXT,
    redirect_url TEXT, -- Location header, made absolute
    remote_ip TEXT,
    payload_sha256 TEXT NOT NULL, -- of the body as received, before Content-Encoding is undone
    payload_bytes INTEGER NOT NULL,
    warc_file TEXT NOT NULL REFERENCES warc_files(warc_file),
    warc_offset INTEGER NOT NULL, -- of the response or revisit record, bytes
    warc_length INTEGER NOT NULL, -- of that record as stored (gzip member), bytes
    request_warc_offset INTEGER NOT NULL,
    refers_to TEXT REFERENCES captures(capture_id), -- set on revisit records: where the payload lies
    etag TEXT, -- of the response, for conditional requests
    last_modified TEXT, -- of the response
    tls TEXT, -- verified, unverified (the operator allowed a second try); NULL = plain HTTP
    connection_id TEXT REFERENCES connections(connection_id), -- NULL = from an archive that others made
    robots TEXT, -- allowed, no-robots (the host has none), not-asked (the operator said so); NULL = robots.txt itself, or as above
    robots_capture_id TEXT REFERENCES captures(capture_id), -- the answer of robots.txt that this was read from
    server_date TEXT, -- the server's clock, as a fresh answer says in Date; NULL = not said, or said by a cache
    UNIQUE (visit_id, url, attempt)
) STRICT;
CREATE INDEX captures_by_payload ON captures(payload_sha256);
CREATE INDEX captures_by_url ON captures(url);

CREATE TABLE looks ( -- one URL that a visit wished to look at, and what came of it
    look_id TEXT PRIMARY KEY,
    visit_id TEXT NOT NULL REFERENCES visits(visit_id),
    purpose TEXT NOT NULL CHECK (purpose IN ('page', 'image', 'stylesheet', 'sitemap', 'robots', 'script', 'probe')),
    requested_url TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('looked', 'could-not-look')),
    reason TEXT, -- why not: robots, timeout, dns, private-address, too-large, http-404, challenge, …
    detail TEXT,
    status INTEGER,
    final_url TEXT, -- after redirects
    capture_id TEXT REFERENCES captures(capture_id),
    content_sha256 TEXT, -- of the body after Content-Encoding is undone
    content_bytes INTEGER,
    looked_at TEXT NOT NULL,
    why TEXT, -- pages: why this address was worth a look
    unchanged_since TEXT, -- the earlier look whose content still holds: the server said so, or its page is unchanged
    robots_capture_id TEXT REFERENCES captures(capture_id) -- the answer of robots.txt that forbids it; NULL = none did
) STRICT;
CREATE INDEX looks_by_visit ON looks(visit_id, purpose);
CREATE INDEX looks_by_content ON looks(content_sha256) WHERE content_sha256 IS NOT NULL;

CREATE TABLE pages ( -- a capture that is a document, judged
    page_id TEXT PRIMARY KEY,
    visit_id TEXT NOT NULL REFERENCES visits(visit_id),
    look_id TEXT NOT NULL REFERENCES looks(look_id),
    url TEXT NOT NULL,
    link_text TEXT NOT NULL, -- of the link that led here
    title TEXT,
    language TEXT, -- BCP 47 primary tag
    kind TEXT NOT NULL,
    kind_reasons TEXT NOT NULL, -- JSON list: which words, where
    health TEXT NOT NULL, -- only 'ok' pages count as looked at
    health_reason TEXT,
    stylesheet_looks TEXT NOT NULL, -- JSON list of look_id
    own_names TEXT NOT NULL, -- JSON list: what the vendor calls itself there
    extractor_version INTEGER NOT NULL -- which version of the reading gave the row
) STRICT;
CREATE INDEX pages_by_visit ON pages(visit_id);
CREATE INDEX pages_by_url ON pages(url);
CREATE INDEX pages_by_look ON pages(look_id);

CREATE TABLE page_continuity ( -- whether a page that was read again, with other content, is still the page that it was
    page_id TEXT PRIMARY KEY REFERENCES pages(page_id) ON DELETE CASCADE,
    compared_with TEXT NOT NULL REFERENCES pages(page_id) ON DELETE CASCADE, -- its last healthy version
    continuity TEXT NOT NULL, -- same, changed-beyond-recognition: what such a page lacks proves nothing
    own_kept REAL, -- share of the words and pictures that stood on no other page of the visit; NULL = it had too few of its own
    kept REAL NOT NULL, -- share of all words and pictures of its main part
    why TEXT NOT NULL,
    compared_at TEXT NOT NULL
) STRICT;

CREATE TABLE sightings ( -- an image in a page, before anyone decided whose it is
    sighting_id TEXT PRIMARY KEY,
    page_id TEXT NOT NULL REFERENCES pages(page_id),
    found_by TEXT NOT NULL,
    ordinal INTEGER NOT NULL, -- among the same found_by of the page, in document order, from 0
    image_url TEXT, -- NULL: the image lies in the page itself
    look_id TEXT, -- the look that image_url leads to; it need not have happened
    inline_sha256 TEXT REFERENCES inline_images(image_sha256),
    alt TEXT,
    title TEXT,
    link_url TEXT,
    heading_trail TEXT NOT NULL, -- JSON list of the headings above it, outermost first
    heading TEXT AS (heading_trail ->> '$[#-1]'), -- the nearest of them; NULL = none
    zone TEXT NOT NULL, -- header, nav, main, aside or footer
    section_kind TEXT NOT NULL,
    section_reasons TEXT NOT NULL, -- JSON list
    nearby_text TEXT,
    original_url TEXT, -- the address that an image optimiser's image_url hides: for when image_url fails
    fragment TEXT, -- the part of a sprite file that is shown, as in sprite.svg#acme
    box TEXT, -- JSON [x, y, width, height] in px of the image, where a style cuts it out of a sprite; NULL = all of it
    aria_label TEXT, -- of the image, or of its link
    caption TEXT, -- of the figure that it stands in
    noise TEXT, -- own-logo, social, payment, app-badge, cookie-banner, flag, icon, avatar or decoration; NULL = may be anyone's logo
    noise_reason TEXT, -- which attribute, word or position said so
    twin_group TEXT, -- equal on the sightings of a page that show one logo, such as grey and colour; NULL = it has no twin
    page_box TEXT, -- JSON [x, y, width, height] in px of the page as a browser drew it; NULL = it was not drawn
    is_hidden INTEGER NOT NULL -- 1: the page hides it, or what it stands in, by itself: [hidden], display: none
) STRICT;
CREATE INDEX sightings_by_page ON sightings(page_id);
CREATE INDEX sightings_by_look ON sightings(look_id) WHERE look_id IS NOT NULL;
CREATE INDEX sightings_by_inline ON sightings(inline_sha256) WHERE inline_sha256 IS NOT NULL;

CREATE TABLE inline_images ( -- images that have no address of their own
    image_sha256 TEXT PRIMARY KEY,
    content BLOB NOT NULL
) STRICT;

CREATE TABLE passages ( -- a piece of text in a page, in reading order
    passage_no INTEGER PRIMARY KEY, -- in this file only: the rowid of passage_search
    passage_id TEXT NOT NULL UNIQUE,
    page_id TEXT NOT NULL REFERENCES pages(page_id),
    ordinal INTEGER NOT NULL, -- in the page, in reading order, from 0
    text TEXT NOT NULL,
    language TEXT,
    heading_trail TEXT NOT NULL, -- JSON list of the headings above it, outermost first
    heading TEXT AS (heading_trail ->> '$[#-1]'), -- the nearest of them; NULL = none
    zone TEXT NOT NULL,
    section_kind TEXT NOT NULL,
    search_words TEXT -- the text as it is searched, with runs of scripts without spaces as overlapping pairs (合作伙伴 is 合作 作伙 伙伴); NULL = the text itself
) STRICT;
CREATE INDEX passages_by_page ON passages(page_id);
CREATE VIEW passage_words AS SELECT passage_no, coalesce(search_words, text) AS words FROM passages;
CREATE VIRTUAL TABLE passage_search USING fts5(words, content='passage_words', content_rowid='passage_no', tokenize='unicode61 remove_diacritics 2');
CREATE TRIGGER passages_added AFTER INSERT ON passages BEGIN
    INSERT INTO passage_search (rowid, words) VALUES (new.passage_no, coalesce(new.search_words, new.text));
END;
CREATE TRIGGER passages_gone AFTER DELETE ON passages BEGIN
    INSERT INTO passage_search (passage_search, rowid, words) VALUES ('delete', old.passage_no, coalesce(old.search_words, old.text));
END;
CREATE TRIGGER passages_changed AFTER UPDATE ON passages WHEN coalesce(old.search_words, old.text) <> coalesce(new.search_words, new.text) BEGIN
    INSERT INTO passage_search (passage_search, rowid, words) VALUES ('delete', old.passage_no, coalesce(old.search_words, old.text));
    INSERT INTO passage_search (rowid, words) VALUES (new.passage_no, coalesce(new.search_words, new.text));
END;

CREATE TABLE recognitions ( -- an image was compared with a set of official logos, or refused
    image_sha256 TEXT NOT NULL,
    logo_set_id TEXT NOT NULL, -- digest over the official files and the matcher's version
    width_px INTEGER,
    height_px INTEGER,
    format TEXT,
    refusal_reason TEXT, -- NULL: it was judged
    refusal_detail TEXT,
    recognised_at TEXT NOT NULL,
    PRIMARY KEY (image_sha256, logo_set_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE hashed_images ( -- an image whose regions were hashed; hashed anew, it gets a new number
    image_no INTEGER PRIMARY KEY AUTOINCREMENT, -- in this file only, never given twice; short, because every region carries it
    image_sha256 TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE image_hashes ( -- the regions of an image and their hashes, as bytes; v_image_hashes has them as text
    image_no INTEGER NOT NULL REFERENCES hashed_images(image_no) ON DELETE CASCADE,
    x INTEGER NOT NULL, -- region in px of the image
    y INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    phash_8x8 BLOB NOT NULL CHECK (length(phash_8x8) = 8),
    dhash_8x8 BLOB NOT NULL CHECK (length(dhash_8x8) = 8),
    edge_4x8x8 BLOB NOT NULL CHECK (length(edge_4x8x8) = 32),
    PRIMARY KEY (image_no, x, y, width, height)
) STRICT, WITHOUT ROWID;

CREATE TABLE image_readings ( -- the words in an image were looked for
    reading_no INTEGER PRIMARY KEY, -- in this file only: the rowid of image_word_search
    image_sha256 TEXT NOT NULL UNIQUE,
    engine TEXT NOT NULL, -- name, version and models
    refusal_reason TEXT, -- NULL: it was read, and image_words has what stands there; no row = nothing
    refusal_detail TEXT,
    read_at TEXT NOT NULL,
    search_words TEXT NOT NULL -- all lines, as they are searched: as passages.search_words
) STRICT;
CREATE VIEW image_reading_words AS SELECT reading_no, search_words AS words FROM image_readings;
CREATE VIRTUAL TABLE image_word_search USING fts5(words, content='image_reading_words', content_rowid='reading_no', tokenize='unicode61 remove_diacritics 2');
CREATE TRIGGER image_readings_added AFTER INSERT ON image_readings BEGIN
    INSERT INTO image_word_search (rowid, words) VALUES (new.reading_no, new.search_words);
END;
CREATE TRIGGER image_readings_gone AFTER DELETE ON image_readings BEGIN
    INSERT INTO image_word_search (image_word_search, rowid, words) VALUES ('delete', old.reading_no, old.search_words);
END;
CREATE TRIGGER image_readings_changed AFTER UPDATE ON image_readings WHEN old.search_words <> new.search_words BEGIN
    INSERT INTO image_word_search (image_word_search, rowid, words) VALUES ('delete', old.reading_no, old.search_words);
    INSERT INTO image_word_search (rowid, words) VALUES (new.reading_no, new.search_words);
END;

CREATE TABLE image_words ( -- a line of words that was read in an image
    image_sha256 TEXT NOT NULL REFERENCES image_readings(image_sha256) ON DELETE CASCADE,
    line_no INTEGER NOT NULL, -- in the image, from top to bottom, from 0
    text TEXT NOT NULL, -- as it was read
    confidence REAL NOT NULL, -- of the reading, 0..1
    x INTEGER NOT NULL, -- its box in px of the image
    y INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    PRIMARY KEY (image_sha256, line_no)
) STRICT, WITHOUT ROWID;

CREATE TABLE logo_matches ( -- a region of an image ties to a brand: by an official logo, or by the brand's name in it
    match_id TEXT PRIMARY KEY,
    image_sha256 TEXT NOT NULL,
    brand TEXT NOT NULL REFERENCES brands(brand),
    kind TEXT NOT NULL CHECK (kind IN ('picture', 'words')),
    official_logo_id TEXT REFERENCES official_logos(official_logo_id), -- what kind "picture" has, to strangers_compared; NULL: kind "words"
    method TEXT NOT NULL, -- how it was compared; of words the engine that read them
    distance_bits INTEGER, -- small = alike
    score REAL NOT NULL, -- 0..1, large = alike; of words the confidence of the reading
    x INTEGER NOT NULL,
    y INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    strength TEXT NOT NULL CHECK (strength IN ('match', 'perhaps')), -- perhaps = a person has to look; evidence of nothing
    why_perhaps TEXT, -- low-score, in-passing, plain, inside-other-brand, strange-words, letters-wrong, read-badly; NULL = a match
    inside_brand TEXT, -- in whose better match it lies; NULL = in none
    rejection_id TEXT REFERENCES rejections(rejection_id), -- set = a person rejected the image for this brand: it is held back
    transform TEXT, -- JSON: how the official drawing became what was found
    strangers INTEGER, -- drawings that are nobody's and as much like the official one; 64 = so many or more
    strangers_compared INTEGER, -- of how many they were counted
    name TEXT, -- what kind "words" has, to letters_wrong: the name as the brand has it
    words TEXT, -- as it was read
    letters_wrong INTEGER, -- that differ from the name
    relation TEXT, -- what the words beside it call the vendor: partner, reseller, …; NULL = nothing
    tier TEXT, -- that the image's words tell, as written; NULL = none
    programme TEXT, -- likewise
    CHECK ((kind = 'picture') = (official_logo_id IS NOT NULL)),
    CHECK ((strength = 'perhaps') = (why_perhaps IS NOT NULL))
) STRICT;
CREATE INDEX logo_matches_by_image ON logo_matches(image_sha256);
CREATE INDEX logo_matches_by_rejection ON logo_matches(rejection_id) WHERE rejection_id IS NOT NULL;
CREATE TRIGGER logo_matches_withdrawn AFTER UPDATE OF strength, rejection_id ON logo_matches WHEN new.strength <> 'match' OR new.rejection_id IS NOT NULL BEGIN
    DELETE FROM claim_evidence WHERE match_id = new.match_id; -- what a person has to look at, or rejected, is evidence of nothing
END;

CREATE TABLE name_matches ( -- what stands beside an image names a brand: alt text, title, caption, file name, link
    name_match_id TEXT PRIMARY KEY,
    sighting_id TEXT NOT NULL REFERENCES sightings(sighting_id) ON DELETE CASCADE,
    brand TEXT NOT NULL REFERENCES brands(brand),
    source TEXT NOT NULL CHECK (source IN ('alt', 'title', 'label', 'caption', 'file', 'link')),
    text TEXT NOT NULL, -- what names it, as written
    name TEXT NOT NULL, -- the name in it, as written
    is_alone INTEGER NOT NULL, -- 1: nothing else stands there but words such as "logo" and "partner"
    relation TEXT, -- what the words beside it call the vendor; NULL = nothing
    tier TEXT, -- as written; NULL = none
    programme TEXT, -- likewise
    UNIQUE (sighting_id, brand, source)
) STRICT;

CREATE TABLE text_matches ( -- a sentence names a brand
    text_match_id TEXT PRIMARY KEY,
    passage_id TEXT NOT NULL REFERENCES passages(passage_id) ON DELETE CASCADE,
    brand TEXT REFERENCES brands(brand), -- NULL: the sentence speaks of every brand
    alias TEXT NOT NULL, -- as written
    kind TEXT NOT NULL,
    rule TEXT NOT NULL, -- which words decided
    tier TEXT,
    span_start INTEGER NOT NULL, -- of the alias, characters of passages.text
    span_end INTEGER NOT NULL,
    sentence_start INTEGER NOT NULL,
    sentence_end INTEGER NOT NULL,
    relation TEXT, -- what the sentence says that the vendor is to the brand: partner, reseller, customer, …; NULL = nothing
    polarity TEXT NOT NULL, -- affirmed, denied, or disclaimed: no affiliation is implied, trademarks are their owners'
    modality TEXT NOT NULL, -- is, was, will-be, wants-to-be
    asserted_by TEXT NOT NULL, -- vendor, press, testimonial, biography, job-advert, third-party
    subject TEXT, -- who is said to be in the relation, as written; NULL = "we", or nobody is named
    programme TEXT, -- partner programme that the sentence names
    since TEXT, -- from when the sentence says it: 2014, 2014-03 or 2014-03-05; NULL = it does not say
    until TEXT, -- likewise; the first year, month or day without
    certainty TEXT, -- of what may be a claim: sure, or likely when something leaves a doubt; NULL = it claims nothing
    doubt TEXT, -- what leaves the doubt; NULL = nothing
    is_overshadowed INTEGER NOT NULL -- 1: the same page says more of the brand; see v_namings
) STRICT;
CREATE INDEX text_matches_by_passage ON text_matches(passage_id);
CREATE INDEX text_matches_of_any_brand ON text_matches(kind) WHERE brand IS NULL;

CREATE TABLE claims ( -- what a vendor says of its relation to a brand
    claim_id TEXT PRIMARY KEY,
    seed_id TEXT NOT NULL REFERENCES seeds(seed_id),
    brand TEXT NOT NULL REFERENCES brands(brand),
    relation TEXT NOT NULL,
    UNIQUE (seed_id, brand, relation)
) STRICT;

CREATE TABLE claim_evidence ( -- what a claim rests on
    claim_id TEXT NOT NULL REFERENCES claims(claim_id),
    evidence_id TEXT NOT NULL,
    evidence TEXT NOT NULL CHECK (evidence IN ('picture', 'words', 'name', 'text')), -- the picture, the words in it, the name beside it, the text of the page
    page_id TEXT NOT NULL REFERENCES pages(page_id),
    sighting_id TEXT REFERENCES sightings(sighting_id) ON DELETE CASCADE, -- NULL: evidence by text
    match_id TEXT REFERENCES logo_matches(match_id) ON DELETE CASCADE, -- NULL: evidence by name or text
    text_match_id TEXT REFERENCES text_matches(text_match_id) ON DELETE CASCADE, -- NULL: evidence by picture, words or name
    tier TEXT,
    programme TEXT,
    reasons TEXT NOT NULL, -- JSON list: why it counts as this relation
    seen_at TEXT NOT NULL,
    PRIMARY KEY (claim_id, evidence_id)
) STRICT;
CREATE INDEX claim_evidence_by_sighting ON claim_evidence(sighting_id, match_id) WHERE sighting_id IS NOT NULL;
CREATE INDEX claim_evidence_by_page ON claim_evidence(page_id);
CREATE INDEX claim_evidence_by_match ON claim_evidence(match_id) WHERE match_id IS NOT NULL;
CREATE INDEX claim_evidence_by_text ON claim_evidence(text_match_id) WHERE text_match_id IS NOT NULL;

CREATE TABLE register_snapshots ( -- one import of a brand's register; the newest one holds
    snapshot_id TEXT PRIMARY KEY, -- ULID
    brand TEXT NOT NULL REFERENCES brands(brand),
    file TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    grants INTEGER NOT NULL,
    recorded_at TEXT NOT NULL,
    register TEXT NOT NULL, -- which register of the brand; of each the newest snapshot that is not undone holds
    format TEXT NOT NULL, -- csv, xlsx, json, html; proposals = what reviewers proposed and was accepted
    mapping_sha256 TEXT, -- of the mapping file that it was read with, and of options that do the same; NULL = none was needed
    left_out INTEGER NOT NULL, -- rows of the file that could not be read, and were left out because somebody said so
    keeper TEXT -- who keeps the register, name and function; NULL = the import named nobody
) STRICT;

CREATE TABLE grants ( -- who may use which marks, in which relation, from when until when
    grant_id TEXT PRIMARY KEY,
    snapshot_id TEXT NOT NULL REFERENCES register_snapshots(snapshot_id),
    brand TEXT NOT NULL REFERENCES brands(brand),
    line INTEGER NOT NULL, -- of the imported file
    company TEXT NOT NULL,
    aliases TEXT NOT NULL, -- JSON list
    relation TEXT NOT NULL,
    programme TEXT,
    tier TEXT,
    marks TEXT NOT NULL, -- JSON list of official logo files; empty = all
    territory TEXT,
    valid_from TEXT NOT NULL, -- date, inclusive
    valid_until TEXT, -- date, exclusive; NULL = no end on record
    parent TEXT,
    source TEXT, -- the document it rests on
    domains TEXT NOT NULL, -- JSON list, as they are compared: an equal domain decides
    identifiers TEXT NOT NULL, -- JSON list: LEIs, and registration numbers as ISSUER:NUMBER; an equal one decides
    purpose TEXT, -- what the marks may be used for
    contact TEXT -- whom to write to at the company: an e-mail address, or a name and one; it may name a person
) STRICT;
CREATE UNIQUE INDEX grants_by_snapshot ON grants(snapshot_id, line);

CREATE TABLE searches ( -- the record of a register query as of a date
    search_id TEXT PRIMARY KEY,
    brand TEXT NOT NULL REFERENCES brands(brand),
    snapshot_id TEXT REFERENCES register_snapshots(snapshot_id), -- NULL: the brand has no register
    as_of TEXT NOT NULL,
    asked TEXT NOT NULL, -- JSON: names, domains and group members tried
    grants_searched INTEGER NOT NULL,
    hits TEXT NOT NULL, -- JSON list
    near_misses TEXT NOT NULL, -- JSON list, each with why it was refused
    searched_at TEXT NOT NULL,
    registers TEXT NOT NULL, -- JSON list: register, snapshot_id, file, sha256, recorded_at, grants of each that was searched, group files too
    period_from TEXT, -- date: a grant had to hold at a moment from here to period_until, both inclusive; NULL = whenever it held
    period_until TEXT, -- date, inclusive
    tried TEXT NOT NULL, -- JSON: names, transliterations, aliases, legal_forms, domains, identifiers, group, each with how it was learnt
    known_at TEXT -- with the snapshots that were known at this instant; NULL = at searched_at
) STRICT;

CREATE TABLE near_miss_checks ( -- a person looked at a near miss of a search and refused it, or took that back; only ever added to
    check_id TEXT PRIMARY KEY, -- ULID; of a near miss the latest one counts
    search_id TEXT NOT NULL REFERENCES searches(search_id),
    near_miss_no INTEGER NOT NULL, -- 1, 2, … in searches.near_misses
    company TEXT NOT NULL, -- as the near miss names it
    event TEXT NOT NULL CHECK (event IN ('refused', 'withdrawn')),
    why TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at TEXT NOT NULL
) STRICT;
CREATE INDEX near_miss_checks_by_search ON near_miss_checks(search_id);

CREATE TABLE verdicts ( -- claim against register as of a date; a new verdict is a new row
    verdict_id TEXT PRIMARY KEY,
    claim_id TEXT NOT NULL REFERENCES claims(claim_id),
    sequence INTEGER NOT NULL, -- 0, 1, … of this claim; the largest one holds
    search_id TEXT REFERENCES searches(search_id),
    verdict TEXT NOT NULL,
    rule TEXT NOT NULL,
    reasons TEXT NOT NULL, -- JSON list
    objections TEXT NOT NULL, -- JSON list: what speaks against it
    as_of TEXT NOT NULL, -- date for which the register was asked
    rules_version TEXT NOT NULL,
    judged_at TEXT NOT NULL,
    judging_id TEXT NOT NULL REFERENCES judgings(judging_id),
    is_replay INTEGER NOT NULL, -- 1 = what would have been said of another day, or with what was known then: no finding rests on it
    close TEXT NOT NULL, -- JSON list: rules that nearly gave another verdict, and what kept them from it
    facts TEXT NOT NULL, -- JSON: what the rules were told of the claim
    UNIQUE (claim_id, sequence)
) STRICT;
CREATE INDEX verdicts_by_judging ON verdicts(judging_id);
CREATE INDEX verdicts_by_time ON verdicts(judged_at);
CREATE INDEX verdicts_by_search ON verdicts(search_id);

CREATE TABLE rejections ( -- a person said that an image does not show a brand's logo, or took that back; only ever added to
    rejection_id TEXT PRIMARY KEY, -- ULID
    event TEXT NOT NULL CHECK (event IN ('rejected', 'undone')), -- of an image and a brand the latest one counts
    image_sha256 TEXT NOT NULL,
    brand TEXT NOT NULL REFERENCES brands(brand),
    official_logo_ids TEXT NOT NULL, -- JSON list, sorted: the brand's official set that day; with another one it holds no more
    decided_by TEXT NOT NULL,
    why TEXT NOT NULL,
    decided_at TEXT NOT NULL
) STRICT;
CREATE INDEX rejections_by_image ON rejections(brand, image_sha256);

CREATE TABLE renders ( -- a page was drawn by a browser, or should have been
    render_id TEXT PRIMARY KEY,
    visit_id TEXT NOT NULL REFERENCES visits(visit_id),
    look_id TEXT NOT NULL REFERENCES looks(look_id), -- the page as it came over the wire
    reason TEXT NOT NULL, -- why what came over the wire did not do
    failure TEXT, -- why it was not drawn; NULL: it was
    consent TEXT, -- what was done about a consent banner
    asked INTEGER NOT NULL, -- answers that the browser got, all of them through the crawl
    refused TEXT NOT NULL, -- JSON list: what it did not get, and why
    box_attribute TEXT, -- of elements in the drawn document: x,y,width,height in px of the screenshot
    document_sha256 TEXT,
    document_warc_file TEXT REFERENCES warc_files(warc_file),
    document_warc_offset INTEGER,
    screenshot_sha256 TEXT,
    screenshot_warc_file TEXT REFERENCES warc_files(warc_file),
    screenshot_warc_offset INTEGER,
    rendered_at TEXT NOT NULL
) STRICT;
CREATE INDEX renders_by_look ON renders(look_id);

CREATE TABLE snapshot_undos ( -- a snapshot was taken back, of a register or of group files; only ever added to
    snapshot_id TEXT PRIMARY KEY, -- from undone_at on it no longer holds; what was asked before still sees it
    undone_at TEXT NOT NULL,
    why TEXT NOT NULL
) STRICT;

CREATE TABLE register_keys ( -- index: what a register's grants are found by
    snapshot_id TEXT NOT NULL REFERENCES register_snapshots(snapshot_id),
    kind TEXT NOT NULL, -- name, latin, core, domain, identifier or parent
    key TEXT NOT NULL, -- in the form that is compared
    line INTEGER NOT NULL, -- of the grant
    PRIMARY KEY (snapshot_id, kind, key, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE group_snapshots ( -- one import of a file of companies or of corporate groups; of each source the newest one holds
    snapshot_no INTEGER PRIMARY KEY, -- short, because millions of rows carry it
    snapshot_id TEXT NOT NULL UNIQUE, -- ULID
    source TEXT NOT NULL, -- companies, relationships or groups, or a name that was given
    format TEXT NOT NULL, -- lei-cdf, rr-cdf or csv
    file TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    companies INTEGER NOT NULL,
    relationships INTEGER NOT NULL,
    recorded_at TEXT NOT NULL
) STRICT;

CREATE TABLE companies ( -- a company that a file of companies or groups names
    snapshot_no INTEGER NOT NULL REFERENCES group_snapshots(snapshot_no),
    number INTEGER NOT NULL, -- in the file, from 0
    name TEXT NOT NULL,
    name_key TEXT NOT NULL, -- in the form that is compared
    identifier TEXT, -- LEI, or ISSUER:NUMBER
    country TEXT, -- of the legal address, ISO 3166
    PRIMARY KEY (snapshot_no, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX companies_by_name ON companies(name_key);
CREATE INDEX companies_by_identifier ON companies(identifier) WHERE identifier IS NOT NULL;

CREATE TABLE relationships ( -- a company belongs to another, as a group file says
    snapshot_no INTEGER NOT NULL REFERENCES group_snapshots(snapshot_no),
    child TEXT NOT NULL, -- an identifier, or the name in the form that is compared
    parent TEXT NOT NULL, -- likewise
    kind TEXT NOT NULL, -- as the file says: IS_DIRECTLY_CONSOLIDATED_BY, …
    valid_from TEXT, -- date, inclusive; NULL = not said
    valid_until TEXT -- date, exclusive; NULL = no end on record
) STRICT;
CREATE INDEX relationships_by_child ON relationships(snapshot_no, child);
CREATE INDEX relationships_by_parent ON relationships(snapshot_no, parent);

CREATE TABLE likeness_names ( -- index: the distinct names of a register that near misses are looked for among
    snapshot_id TEXT NOT NULL,
    number INTEGER NOT NULL, -- in the order of the names
    core TEXT NOT NULL, -- a name in Latin letters, without words that half of all companies have
    PRIMARY KEY (snapshot_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE likeness_grams ( -- index: which names hold three letters
    snapshot_id TEXT NOT NULL, -- of a register or of a file of companies
    segment INTEGER NOT NULL, -- names are numbered through; each segment holds 250,000
    gram TEXT NOT NULL, -- three letters, ^ before and $ after a name; empty: how many each name has, one byte a name
    numbers BLOB NOT NULL, -- of the names, less those of earlier segments: 32 bits each, little-endian, ascending
    PRIMARY KEY (snapshot_id, segment, gram)
) STRICT;

CREATE TABLE walls ( -- images of a page that stand in a row under one heading: a logo wall
    wall_id TEXT PRIMARY KEY,
    page_id TEXT NOT NULL REFERENCES pages(page_id) ON DELETE CASCADE,
    seed_id TEXT NOT NULL REFERENCES seeds(seed_id),
    images INTEGER NOT NULL, -- different ones
    alike_id TEXT NOT NULL, -- the first wall_id of those that show the same images in the same order, also by way of others; its own when none does
    template_id TEXT -- equal on walls that are alike, of at least three unrelated vendors; NULL = so many do not show it
) STRICT;
CREATE INDEX walls_by_page ON walls(page_id);
CREATE INDEX walls_by_alike ON walls(alike_id, template_id);
CREATE INDEX walls_by_template ON walls(template_id) WHERE template_id IS NOT NULL;

CREATE TABLE wall_images ( -- the images of a wall, in document order
    wall_id TEXT NOT NULL REFERENCES walls(wall_id) ON DELETE CASCADE,
    position INTEGER NOT NULL, -- from 0
    sighting_id TEXT NOT NULL,
    image_sha256 TEXT NOT NULL,
    image_hash TEXT, -- of its largest region; NULL = the image was not judged
    PRIMARY KEY (wall_id, position)
) STRICT;
CREATE INDEX wall_images_by_image ON wall_images(image_sha256);
CREATE INDEX wall_images_by_hash ON wall_images(image_hash);
CREATE INDEX wall_images_by_sighting ON wall_images(sighting_id);

CREATE TABLE absences ( -- a page that once showed a claim was read again and does not: whether that reading could have seen it
    claim_id TEXT NOT NULL REFERENCES claims(claim_id),
    page_id TEXT NOT NULL REFERENCES pages(page_id) ON DELETE CASCADE, -- of the later reading, healthy or not
    url TEXT NOT NULL, -- the address that showed it; the reading is of that address, or of where it leads now
    last_shown_on TEXT NOT NULL REFERENCES pages(page_id) ON DELETE CASCADE, -- the latest reading before it that shows the claim
    outcome TEXT NOT NULL, -- gone, could-not-look
    why TEXT NOT NULL,
    PRIMARY KEY (claim_id, page_id, url)
) STRICT, WITHOUT ROWID;
CREATE INDEX absences_by_page ON absences(page_id);

CREATE TABLE mark_findings ( -- an official mark is shown in another way than the brand allows; also on true partners' pages
    claim_id TEXT NOT NULL REFERENCES claims(claim_id),
    evidence_id TEXT NOT NULL,
    kind TEXT NOT NULL, -- outdated, stretched, turned, cropped, recoloured, too-small, crowded
    measured TEXT NOT NULL, -- what was measured, with its unit
    allowed TEXT NOT NULL, -- what the brand's guide or the official file says
    PRIMARY KEY (claim_id, evidence_id, kind),
    FOREIGN KEY (claim_id, evidence_id) REFERENCES claim_evidence(claim_id, evidence_id) ON DELETE CASCADE
) STRICT;

CREATE TABLE judgings ( -- one run of judging over some claims
    judging_id TEXT PRIMARY KEY, -- ULID
    cause TEXT NOT NULL, -- crawl, register, judge: what made it run; replay = as of another day, changes no finding
    as_of TEXT, -- date; NULL = of each claim the day when it was last seen
    known_at TEXT, -- UTC; NULL = what was known when it ran
    rules_version TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT, -- NULL = still running, or ended before its time
    claims INTEGER NOT NULL, -- judged
    verdicts INTEGER NOT NULL -- new rows
) STRICT;

CREATE TABLE deletions ( -- the payload of a capture was deleted; its digest and all else in its row stay
    capture_id TEXT PRIMARY KEY REFERENCES captures(capture_id),
    retention_class TEXT NOT NULL, -- finding, claim or unclaimed
    kept_days INTEGER NOT NULL, -- as the configuration said
    deleted_at TEXT NOT NULL
) STRICT;

CREATE TABLE row_deletions ( -- what a row said was deleted; what is left of it and the digest of what it was stay, so that its seal still holds
    table_name TEXT NOT NULL, -- letter_texts or replies
    row_id TEXT NOT NULL,
    row_sha256 TEXT NOT NULL, -- leaf of its group's tree, as it was
    left_sha256 TEXT NOT NULL, -- the same of what is left
    retention_class TEXT NOT NULL, -- correspondence
    kept_days INTEGER NOT NULL, -- as the configuration said
    deleted_at TEXT NOT NULL,
    PRIMARY KEY (table_name, row_id)
) STRICT;

CREATE TABLE holds ( -- a legal hold on all that was stored of a vendor was laid or lifted; only ever added to
    hold_id TEXT PRIMARY KEY, -- ULID
    seed_id TEXT NOT NULL REFERENCES seeds(seed_id),
    event TEXT NOT NULL CHECK (event IN ('laid', 'lifted')), -- of a vendor the latest one counts
    why TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at TEXT NOT NULL
) STRICT;
CREATE INDEX holds_by_seed ON holds(seed_id);

CREATE TABLE certificates ( -- a certificate that a server sent, once, however many servers send it
    certificate_sha256 TEXT PRIMARY KEY, -- of its DER bytes, which lie in the WARC file
    subject TEXT, -- as RFC 4514 writes it; NULL = it can't be read
    issuer TEXT,
    valid_from TEXT,
    valid_until TEXT,
    warc_file TEXT NOT NULL REFERENCES warc_files(warc_file),
    warc_offset INTEGER NOT NULL, -- of its resource record, bytes
    stored_at TEXT NOT NULL
) STRICT;
CREATE INDEX certificates_by_record ON certificates(warc_file, warc_offset);

CREATE TABLE connections ( -- who answered a visit's requests: one row for all connections of which the same is known
    connection_id TEXT PRIMARY KEY,
    visit_id TEXT NOT NULL REFERENCES visits(visit_id),
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    remote_ip TEXT,
    dns_addresses TEXT, -- JSON list: all that the resolver gave; NULL = the host is an address itself, or the answer was forgotten
    dns_answered_at TEXT, -- NULL = nobody was asked
    dns_source TEXT, -- resolver, or pinned (the operator, with --resolve)
    dns_left_out INTEGER NOT NULL, -- addresses beyond the first 64
    tls_version TEXT, -- NULL = plain HTTP
    tls_cipher TEXT, -- as the IANA registry calls it
    certificates TEXT NOT NULL, -- JSON list of certificate_sha256 in the order sent, the server's own first
    certificates_left_out INTEGER NOT NULL, -- beyond the first ten, or larger than 64 kB
    warc_file TEXT NOT NULL REFERENCES warc_files(warc_file),
    warc_offset INTEGER NOT NULL, -- of its metadata record, bytes
    noted_at TEXT NOT NULL
) STRICT;
CREATE INDEX connections_by_visit ON connections(visit_id);

CREATE TABLE pictures ( -- a page on which a claim rests, as a browser shows it; of a claim and look the latest row holds
    picture_id TEXT PRIMARY KEY, -- ULID
    claim_id TEXT NOT NULL,
    look_id TEXT NOT NULL REFERENCES looks(look_id),
    drawn_from TEXT NOT NULL, -- archive (later, from stored captures only), crawl (its own render, with the places outlined)
    failure TEXT, -- why it could not be drawn; NULL = it was
    evidence TEXT NOT NULL, -- JSON list: evidence_id, how (image-address, inline-image, words), boxes in px of the screenshot, why_not
    asked INTEGER NOT NULL, -- answers that the browser asked for
    refused TEXT NOT NULL, -- JSON list, "reason address"; not-in-archive: the crawl had not fetched it
    document_sha256 TEXT, -- of the drawn document (conversion record)
    document_warc_file TEXT REFERENCES warc_files(warc_file),
    document_warc_offset INTEGER,
    screenshot_sha256 TEXT, -- of the whole page, untouched (resource record)
    screenshot_warc_file TEXT REFERENCES warc_files(warc_file),
    screenshot_warc_offset INTEGER,
    outlined_sha256 TEXT, -- the same with the places of the evidence outlined; NULL = none was found again
    outlined_warc_file TEXT REFERENCES warc_files(warc_file),
    outlined_warc_offset INTEGER,
    drawn_at TEXT NOT NULL
) STRICT;
CREATE INDEX pictures_by_claim ON pictures(claim_id, look_id);
CREATE INDEX pictures_by_look ON pictures(look_id);

CREATE TABLE cases ( -- a reviewer's unit of work: one for each claim that a person has to look at
    case_id TEXT PRIMARY KEY, -- ULID
    claim_id TEXT NOT NULL UNIQUE REFERENCES claims(claim_id),
    opened_at TEXT NOT NULL,
    state TEXT NOT NULL, -- open, later, waiting-approval, or as it was decided; what the latest events say
    reason TEXT, -- code of the decision that holds
    decided_by TEXT,
    decided_at TEXT,
    assignee TEXT,
    due_on TEXT, -- date until which it was put off
    last_event_id TEXT NOT NULL, -- of case_events
    material TEXT NOT NULL, -- digest of what a decision rests on: another one opens the case again
    verdict TEXT NOT NULL, -- this and what follows: as the claim's finding had it when it was last looked at
    brand TEXT NOT NULL,
    relation TEXT NOT NULL,
    tier TEXT,
    evidence TEXT NOT NULL,
    vendor TEXT NOT NULL,
    vendor_domain TEXT NOT NULL,
    country TEXT,
    language TEXT, -- of the page that shows it best
    score REAL, -- of the surest logo match
    page_url TEXT,
    image_sha256 TEXT,
    template_id TEXT,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    seriousness INTEGER NOT NULL, -- of the verdict, 0 = most serious; this and the next two: what the queue is sorted by
    newness INTEGER NOT NULL, -- less the seconds from 1970 to last_seen: small = new
    unlikeness REAL NOT NULL, -- 1 less the score; 2 = no logo
    followup TEXT, -- draft, approved, sent, acknowledged, disputed, removed, verified-removed, reappeared, escalated, closed; NULL = nothing was asked of the vendor
    followup_at TEXT, -- when it came to that
    answer_by TEXT, -- date until which the latest letter asks for an answer
    removed_on TEXT -- date of the first look without the claim, of those that prove its removal; NULL = not proven
) STRICT;
CREATE INDEX cases_by_facets ON cases(state, verdict, brand, relation, evidence, country, language, assignee);
CREATE INDEX cases_by_seriousness ON cases(seriousness, newness, case_id);
CREATE INDEX cases_by_newness ON cases(newness, case_id);
CREATE INDEX cases_by_first_seen ON cases(first_seen, case_id);
CREATE INDEX cases_by_unlikeness ON cases(unlikeness, case_id);
CREATE INDEX cases_by_image ON cases(image_sha256) WHERE image_sha256 IS NOT NULL;
CREATE INDEX cases_by_template ON cases(template_id) WHERE template_id IS NOT NULL;
CREATE INDEX cases_by_vendor ON cases(vendor_domain, case_id);
CREATE INDEX cases_by_followup ON cases(followup, brand) WHERE followup IS NOT NULL;
CREATE TRIGGER cases_added AFTER INSERT ON cases BEGIN
    INSERT OR REPLACE INTO case_changes (change, case_id) VALUES ((SELECT coalesce(max(change), 0) + 1 FROM case_changes), new.case_id);
END;
CREATE TRIGGER cases_changed AFTER UPDATE ON cases BEGIN
    INSERT OR REPLACE INTO case_changes (change, case_id) VALUES ((SELECT coalesce(max(change), 0) + 1 FROM case_changes), new.case_id);
END;
CREATE TRIGGER cases_gone AFTER DELETE ON cases BEGIN
    INSERT OR REPLACE INTO case_changes (change, case_id) VALUES ((SELECT coalesce(max(change), 0) + 1 FROM case_changes), old.case_id);
END;

CREATE TABLE case_events ( -- what happened to a case; only ever added to
    event_id TEXT PRIMARY KEY, -- ULID
    case_id TEXT NOT NULL REFERENCES cases(case_id),
    at TEXT NOT NULL,
    by TEXT NOT NULL, -- account, or partnerproof
    event TEXT NOT NULL,
    batch_id TEXT NOT NULL, -- ULID: one decision for several cases
    details TEXT NOT NULL, -- JSON
    before TEXT NOT NULL -- JSON: state, reason, decided_by, decided_at, assignee and due_on, as they were
) STRICT;
CREATE INDEX case_events_by_case ON case_events(case_id, event_id);
CREATE INDEX case_events_by_batch ON case_events(batch_id);
CREATE INDEX case_events_by_account ON case_events(by, event_id);

CREATE TABLE proposed_grants ( -- a reviewer says that a claim is authorised: for whoever keeps the register
    proposal_id TEXT PRIMARY KEY, -- ULID
    case_id TEXT NOT NULL REFERENCES cases(case_id),
    batch_id TEXT NOT NULL,
    brand TEXT NOT NULL,
    company TEXT NOT NULL,
    domain TEXT NOT NULL,
    relation TEXT NOT NULL,
    tier TEXT,
    valid_from TEXT NOT NULL,
    note TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    proposed_at TEXT NOT NULL,
    withdrawn_at TEXT, -- the decision was undone; NULL = it stands
    settled_at TEXT, -- when whoever keeps the register accepted or refused it; NULL = it waits
    settled_by TEXT,
    settled_why TEXT, -- why it was refused; NULL = it was not
    snapshot_id TEXT REFERENCES register_snapshots(snapshot_id) -- the import that it was first accepted into; NULL = it was not accepted
) STRICT;

CREATE TABLE case_words ( -- what case_search indexes; scripts without spaces as overlapping pairs
    search_id INTEGER PRIMARY KEY,
    case_id TEXT NOT NULL UNIQUE REFERENCES cases(case_id) ON DELETE CASCADE,
    words TEXT NOT NULL
) STRICT;
CREATE TRIGGER case_words_added AFTER INSERT ON case_words BEGIN
    INSERT INTO case_search(rowid, words) VALUES (new.search_id, new.words);
END;
CREATE TRIGGER case_words_gone AFTER DELETE ON case_words BEGIN
    INSERT INTO case_search(case_search, rowid, words) VALUES ('delete', old.search_id, old.words);
END;
CREATE TRIGGER case_words_changed AFTER UPDATE ON case_words BEGIN
    INSERT INTO case_search(case_search, rowid, words) VALUES ('delete', old.search_id, old.words);
    INSERT INTO case_search(rowid, words) VALUES (new.search_id, new.words);
END;

CREATE VIRTUAL TABLE case_search USING fts5(words, content='case_words', content_rowid='search_id', tokenize='unicode61 remove_diacritics 2');

CREATE TABLE accounts ( -- who may use the review application
    account TEXT PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('reader', 'reviewer', 'approver', 'admin')),
    password_hash TEXT, -- scrypt$n$r$p$salt$hash, hexadecimal; NULL: a company account, which has none here
    is_active INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    issuer TEXT, -- of a company account: the provider that vouches for it
    subject TEXT, -- … and who it is there; the two together are one person for ever
    UNIQUE (issuer, subject),
    CHECK ((password_hash IS NULL) = (issuer IS NOT NULL)),
    CHECK ((issuer IS NULL) = (subject IS NULL))
) STRICT;

CREATE TABLE second_factors ( -- what an account's authenticator app computes its codes from: whoever reads this can compute them, too
    account TEXT PRIMARY KEY REFERENCES accounts,
    secret TEXT NOT NULL, -- base32
    begun_at TEXT NOT NULL,
    confirmed_at TEXT, -- NULL: shown, and no code was given yet; it is not asked for
    last_step INTEGER NOT NULL -- number of the 30 seconds of the last code that was taken; no code is taken twice
) STRICT;

CREATE TABLE recovery_codes ( -- codes for whoever lost the app, each good once
    account TEXT NOT NULL REFERENCES accounts,
    code_sha256 TEXT NOT NULL, -- of 80 random bits: not to be guessed from its digest
    used_at TEXT, -- NULL: still good
    PRIMARY KEY (account, code_sha256)
) STRICT;

CREATE TABLE sessions ( -- who is logged in; the cookie's token is kept as its digest only
    token_sha256 TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    role TEXT NOT NULL,
    csrf TEXT NOT NULL,
    began_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    must_enrol INTEGER NOT NULL -- 1: it may do nothing but set up the second factor that its role needs
) STRICT;

CREATE TABLE saved_views ( -- filters of the queue that an account gave a name
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    PRIMARY KEY (account, name)
) STRICT;

CREATE TABLE kept_texts ( -- what an account typed into a form and has not sent: it comes back to that account, and is no evidence
    account TEXT NOT NULL,
    form TEXT NOT NULL, -- what for, and the case or letter: letter:01K…, decide:01K…
    fields TEXT NOT NULL, -- JSON: field → text
    kept_at TEXT NOT NULL,
    PRIMARY KEY (account, form)
) STRICT;

CREATE TABLE sent_forms ( -- forms that were carried out in the last days: one that is sent again is no second act
    number TEXT PRIMARY KEY, -- ULID that the page gave the form, and a digest of what was sent with it
    account TEXT NOT NULL,
    sent_at TEXT NOT NULL,
    leads_to TEXT -- address that followed; NULL = it is still being carried out
) STRICT;

CREATE TABLE letters ( -- a letter to a vendor or its host; the program writes and exports it, a person sends it
    letter_id TEXT PRIMARY KEY, -- ULID
    case_id TEXT NOT NULL REFERENCES cases(case_id),
    tone TEXT NOT NULL, -- enquiry, correction, request, host-notice, demand
    language TEXT NOT NULL, -- of the template
    jurisdiction TEXT NOT NULL, -- whose gates hold: ISO 3166-1 code, or other
    jurisdiction_why TEXT, -- why not those of the vendor's country, which are stricter; NULL = they are, or are not
    gate TEXT NOT NULL, -- who has to approve it: writer, second-person, counsel; an edited text asks for more
    state TEXT NOT NULL, -- draft, approved, sent, dropped
    text_id TEXT NOT NULL, -- of letter_texts: what it says now
    written_by TEXT NOT NULL,
    written_at TEXT NOT NULL,
    approved_by TEXT,
    approved_at TEXT,
    counsel TEXT, -- who looked at it, where the gate asks for counsel
    sent_on TEXT, -- date
    sent_by TEXT,
    sent_how TEXT,
    answer_by TEXT, -- date
    grounds TEXT NOT NULL, -- JSON: what the verdict and the register said when it was drafted; it is approved only while they say so
    enclosure TEXT NOT NULL -- JSON list: every page that showed the claim when it was drafted, with days, digests and what it shows
) STRICT;
CREATE INDEX letters_by_case ON letters(case_id);

CREATE TABLE letter_texts ( -- every text that a letter ever had; only ever added to
    text_id TEXT PRIMARY KEY, -- ULID
    letter_id TEXT NOT NULL,
    recipient TEXT NOT NULL, -- name
    contact TEXT NOT NULL, -- e-mail or postal address, or the address of a form
    contact_source TEXT NOT NULL, -- where the contact was found, or "given by" and the account
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    written_by TEXT NOT NULL,
    written_at TEXT NOT NULL
) STRICT;
CREATE INDEX letter_texts_by_letter ON letter_texts(letter_id);

CREATE TABLE replies ( -- what came back; only ever added to
    reply_id TEXT PRIMARY KEY, -- ULID
    case_id TEXT NOT NULL REFERENCES cases(case_id),
    kind TEXT NOT NULL, -- acknowledges, says-removed, disputes, other
    received_on TEXT NOT NULL, -- date
    sender TEXT NOT NULL,
    words TEXT NOT NULL,
    file_name TEXT, -- as it was given; NULL = words only
    file BLOB,
    file_sha256 TEXT,
    noted_by TEXT NOT NULL,
    noted_at TEXT NOT NULL
) STRICT;
CREATE INDEX replies_by_case ON replies(case_id);

CREATE TABLE removal_checks ( -- what each visit tells of a claim since a person confirmed it or wrote to the vendor
    check_id TEXT PRIMARY KEY, -- of case and visit
    case_id TEXT NOT NULL REFERENCES cases(case_id),
    visit_id TEXT NOT NULL REFERENCES visits(visit_id),
    looked_at TEXT NOT NULL,
    outcome TEXT NOT NULL, -- shown, gone, could-not-look
    pages TEXT NOT NULL, -- JSON list: address, what was seen there, why
    checked_at TEXT NOT NULL,
    UNIQUE (case_id, visit_id)
) STRICT;
CREATE INDEX removal_checks_by_visit ON removal_checks(visit_id);

CREATE TABLE alerts ( -- how far a channel has been told of what happened to the cases of a brand
    channel TEXT NOT NULL, -- name in partnerproof.toml
    brand TEXT NOT NULL,
    told_until TEXT NOT NULL, -- event_id of the last event that it was told of
    told_at TEXT NOT NULL,
    PRIMARY KEY (channel, brand)
) STRICT;

CREATE TABLE case_changes ( -- which case changed last, and which before it: a server that keeps cases in memory reads what is new
    change INTEGER PRIMARY KEY, -- the higher, the later
    case_id TEXT NOT NULL UNIQUE -- once each; it may be gone
) STRICT;

CREATE TABLE jobs ( -- work that `serve` does from a queue: each is the command of the command line, in a process of its own
    job_id TEXT PRIMARY KEY, -- ULID
    kind TEXT NOT NULL CHECK (kind IN ('crawl', 'check', 'import', 'watch')),
    job_order TEXT NOT NULL, -- JSON: what was asked for; a file that came with it lies in var/jobs/, by its digest here
    order_sha256 TEXT NOT NULL, -- of the order and its file: the same key with another order is refused
    requested_by TEXT NOT NULL, -- an account, or "token" and its name
    requested_at TEXT NOT NULL,
    idempotency_key TEXT, -- of whoever asked: the same again is the same job; NULL = none was given
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'stopped')),
    started_at TEXT, -- the last time
    ended_at TEXT,
    attempts INTEGER NOT NULL, -- how often it was started: a job goes on when the machine went down under it
    progress TEXT NOT NULL, -- JSON: counts
    exit_code INTEGER, -- of the command; NULL = it has not ended by itself
    messages TEXT NOT NULL, -- JSON list: the last lines that it told
    problems TEXT NOT NULL, -- JSON list: where, expected, got, next_step
    crawl_id TEXT, -- of a crawl, check or round of the watch, once it has begun
    stop_by TEXT, -- who asked to stop it; NULL = nobody
    stop_at TEXT,
    UNIQUE (requested_by, idempotency_key)
) STRICT;
CREATE INDEX jobs_by_state ON jobs(state, job_id);

CREATE TABLE api_tokens ( -- by which programs ask the API; of a token only its digest is kept
    token_id TEXT PRIMARY KEY, -- ULID
    name TEXT NOT NULL UNIQUE, -- also of closed ones: what was done under a name was one token's
    token_sha256 TEXT NOT NULL UNIQUE, -- of 256 random bits: not to be guessed from its digest
    scopes TEXT NOT NULL, -- JSON list
    made_by TEXT NOT NULL,
    made_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    last_used_at TEXT, -- to the minute; NULL = never
    closed_at TEXT -- NULL = it may be used until it expires
) STRICT;

CREATE TABLE deliveries ( -- alerts on their way to a channel: kept until the channel has taken them
    delivery_id TEXT PRIMARY KEY, -- ULID; the same however often it is sent
    channel TEXT NOT NULL, -- name in partnerproof.toml
    brand TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL, -- for people
    body TEXT NOT NULL, -- JSON for machines
    made_at TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    next_try_at TEXT NOT NULL,
    last_failure TEXT, -- in words; NULL = none failed
    delivered_at TEXT -- NULL = it waits
) STRICT;
CREATE UNIQUE INDEX deliveries_waiting ON deliveries(channel, brand) WHERE delivered_at IS NULL; -- one at a time: what happens meanwhile is told in the next
