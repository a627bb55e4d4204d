"""What belongs to a page as it was shown: one piece of SQL for whoever keeps, deletes or hands over pages."""

from __future__ import annotations

# goes after a table `carried` of pages: page_id, look_id, visit_id, stylesheet_looks, is_finding
# gives `chain`: the captures of those pages, of their images, style sheets and redirects, and of their visits' robots.txt
ALL_SHOWN = """
    wished AS (
        SELECT look_id, is_finding FROM carried
        UNION SELECT g.look_id, c.is_finding FROM carried c JOIN sightings g ON g.page_id = c.page_id WHERE g.look_id IS NOT NULL
        UNION SELECT j.value, c.is_finding FROM carried c, json_each(c.stylesheet_looks) j
        UNION SELECT k.look_id, c.is_finding FROM carried c JOIN looks k ON k.visit_id = c.visit_id AND k.purpose = 'robots'
    ),
    chain(capture_id, visit_id, url, wanted, is_finding) AS (
        SELECT c.capture_id, c.visit_id, c.url, k.requested_url, w.is_finding FROM wished w JOIN looks k ON k.look_id = w.look_id
        JOIN captures c ON c.capture_id = k.capture_id
        UNION
        SELECT c.capture_id, c.visit_id, c.url, n.wanted, n.is_finding FROM chain n
        JOIN captures c ON c.visit_id = n.visit_id AND c.redirect_url = n.url WHERE n.url <> n.wanted
    )"""
