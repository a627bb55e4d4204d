"""Every number that decides: value, unit, the data that it was chosen on, the range that was tried.

"bench" is the logo benchmark (130 brands, 8,530 pictures, bench/logobench.py); "pages" are 1,043 labelled
images of 29 real company sites. Neither ships; how they were made stands in bench/README.md.
"""

from __future__ import annotations

from typing import Final

MATCHER_VERSION: Final = "5"
"""Raise when a change of this room may change a score: stored matches name the version that made them."""

# --- what is decoded (limits against hostile files; no logo of bench or pages comes near one of them) ---
MAX_BYTES: Final = 20_000_000
"""Bytes of a file. Largest on pages: 0.4 MB."""
MAX_PIXELS: Final = 25_000_000
"""Pixels that a header may announce: 100 MB as RGBA. 10 kB of PNG can announce 100 million."""
MAX_WORKING_SIDE_PX: Final = 1200
"""Longer side after decoding. Above it decoding is all of the time; walls of 30 logos still have 150 px
each."""
MAX_WEBP_PIXELS: Final = 14_000_000
"""Pixels of a WebP: its decoder keeps two canvases and hands out a third, 16 bytes for each pixel in all; 25 million
need 400 MB. Largest on pages and bench: 2.4 million."""
MAX_FRAMES: Final = 1000
"""Frames or pages of a file. No file of pages or bench has two."""
MAX_DISTINCT_FRAMES: Final = 8
"""Frames of an animation that are looked at, the first included: a slow carousel has 3 to 8 logos. Each costs a picture."""
MAX_READ_FRAMES: Final = 240
"""Frames of an animation that are compared with each other to choose those: 24 s of film at 10 a second."""
MAX_READ_FRAME_PIXELS: Final = 30_000_000
"""Pixels of all frames that are compared: of 400x200 px all 240; noise in GIF takes 0.9 s of processor time."""
FRAME_SIDE_PX: Final = 640
"""Longer side of a further frame: eight of them fit into one answer of the worker."""
DECODED_HERE_PIXELS: Final = 4_000_000
"""Pixels up to which plain PNG, JPEG, GIF and WebP are decoded in our own process: 16 MB a copy. Larger, rare and
odd ones go to the worker; of pages and bench two PNG do, of 4.9 and 8.3 million."""
PLAIN_PARTS: Final = 4_000
"""Chunks, segments or blocks of a plain file; 20 MB of PNG in chunks of 8 kB have 2,500."""
PLAIN_PACKED_CHUNKS: Final = 20
"""Chunks of packed text and colour profiles in a plain PNG: the decoder unpacks up to 1 MB of each, in 1 ms."""
PLAIN_JPEG_SCANS: Final = 64
"""Scans of a plain JPEG. Most on pages and bench: 14."""
MAX_WALK: Final = 100_000
"""Chunks, segments or blocks from which a file is refused; 20 MB of GIF in whole blocks have 80,000."""
MIN_LONG_SIDE_PX: Final = 16
MIN_SHORT_SIDE_PX: Final = 4
"""bench, size_24: wordmarks of 24x5 px are still told apart; 1x1 to 8x8 are trackers and spacers."""
MAX_ASPECT: Final = 40
"""Longer : shorter side. Longest wordmark of bench and pages: 14:1."""
MIN_GREY_SPAN: Final = 12
"""Levels (of 255) between background and strongest ink. JPEG noise on one colour stays under 8."""

# --- SVG ---
SVG_SIDE_PX: Final = 320
"""Longer side of a rendered SVG; pages: 320 and 512 find the same logos, 320 in half the time."""
MAX_SVG_BYTES: Final = 4_000_000
"""Bytes of SVG text, unpacked. Largest on pages: 0.3 MB."""
MAX_SVG_ELEMENTS: Final = 20_000
MAX_SVG_ATTRIBUTES: Final = 100_000
"""Attributes of all elements. Most on pages: 1,622 elements with 4,864 attributes."""
MAX_SVG_OWN_ATTRIBUTES: Final = 1_000
"""Attributes of one element; cleaning takes quadratic time on them, 3.4 s on 30,000."""
MAX_SVG_SIDE_PX: Final = 1_000_000_000
"""Units of a drawing: programs that count in micrometres write millions. It is drawn at SVG_SIDE_PX whatever they are; from
about 1e10 on the renderer's numbers no longer tell a line from its neighbour."""
MAX_SVG_DEPTH: Final = 64
"""Nested elements. The renderer recurses and dies at 100,000; drawings of bench and pages stay under 20."""

# --- the workers (SVG; large, rare and odd files of the other formats) ---
WORKER_CPU_LIMIT_S: Final = 1.3
"""Processor seconds for one picture. Slowest SVG of 272 on pages and of brands: 0.24; 25 Mpx take 0.1 (JPEG) to 1.3
(GIF of noise). A busy machine changes nothing of it."""
WORKER_CLOCK_LIMIT_S: Final = 120.0
"""Seconds by the clock for one picture: the last resort, for a worker that waits for something or gets no time at all."""
WORKER_START_CLOCK_LIMIT_S: Final = 300.0
"""Seconds by the clock until a new worker must have said that it is ready, which takes 0.3 s on a free core: likewise."""
RASTER_MEMORY_LIMIT_BYTES: Final = 240_000_000
"""Address space for one picture, on top of the 38 MB that the libraries take; with the file and the answer in our own
process it stays under 300 MB. 25 Mpx need 32 (JPEG) to 233 MB (AVIF; CMYK JPEG in progressive scans 229)."""
SVG_MEMORY_LIMIT_BYTES: Final = 160_000_000
"""Likewise, on top of 16 MB. The hungriest of 272 SVG of pages and brands needs 18 MB."""

PDF_SIDE_PX: Final = 1200
"""Longer side of a drawn page: a logo that takes a quarter of it still has SVG_SIDE_PX. As MAX_WORKING_SIDE_PX: more
would be reduced again."""
PDF_MEMORY_LIMIT_BYTES: Final = 240_000_000
"""As RASTER_MEMORY_LIMIT_BYTES: the page is a picture of 1.4 Mpx, what it takes more is what its own pictures take."""

# --- normalising ---
LIGHT_LUMINANCE: Final = 150
"""Alpha-weighted luminance (0..255) from which a transparent drawing is laid on a dark ground. 128 to 180
tried."""
LIGHT_LEVEL: Final = 225
MIXED_LIGHT_SHARE: Final = 0.08
"""A transparent drawing of which between this share and the rest is as light as LIGHT_LEVEL is laid on white and on dark."""
DRAWN_LEVELS: Final = 31
"""Difference of two colours from which one can be drawn on the other; the same as INK_PRESENT."""
CHECKED_LEAST_PX: Final = 32
CHECKED_TINT_LEVELS: Final = 10
CHECKED_STEPS: Final = (6, 90)
CHECKED_LEAST_SHARE: Final = 0.25
CHECKED_SHARE: Final = 0.80
CHECKED_TURNS: Final = 24
"""A baked-in checkerboard: levels by which its greys may be tinted, and differ from each other; shares of a ring near the
border that the rarer one, and both together, have; how often they take turns on it. Drawing programs use 255/204,
255/191, 238/204, 153/102."""
RING_MATCH_LEVELS: Final = 24
"""Levels by which a border pixel may differ from the background and still be background."""
SURE_RING_SHARE: Final = 0.75
SECOND_RING_SHARE: Final = 0.12
"""Below the first share of the ring the second most frequent colour, if it has the second share, is tried
too."""
INK_CLIP_LEVELS: Final = 96
"""Difference to the background from which colours weigh nearly alike. 48 to 255 tried."""
INK_KNEE: Final = 200
"""Ink (0..255) at that difference; the rest of the scale is for stronger ones. bench: at 255 the stripes of a
two-tone shape vanish, and look-alikes differ by nothing else."""
INK_PRESENT: Final = 64
"""Ink (0..255) from which a pixel belongs to a mark when regions are cut: a difference of 31 levels."""

# --- regions: chosen on one half of the bench's brands ---
MIN_PIECE_PX: Final = 6
MAX_PIECES: Final = 160
"""Connected pieces of ink that are joined; a wall of 60 wordmarks has more, its largest pieces are its logos."""
MIN_REGION_LONG_PX: Final = 12
MIN_REGION_SHORT_PX: Final = 5
MIN_PART_LONG_PX: Final = 16
LARGE_LONG_PX: Final = 400
LARGE_PART_LONG_PX: Final = 24
"""Longer side of a part of a picture (the whole may be smaller), and of a part of a large one: below, two letters of a word
look like a mark, and a wall has many words. bench and pages, 12 to 40 tried."""
MAX_REGIONS: Final = 320
"""Regions of one picture; a wall of 60 logos has 150 to 300."""
MAX_STORED_HASHES: Final = 64
"""Regions whose hashes are handed out for the database, largest first."""
MIN_TILE_SHORT_PX: Final = 16
MAX_TILE_ASPECT: Final = 12
MAX_GROUND_AREAS: Final = 12
"""Area of all tiles that are looked into, in areas of the picture. Of 1,484 pictures of bench and pages the most is 6, and 51
are over 3."""
TILE_FILL: Final = 0.60
TILE_SOLIDITY: Final = 0.90
"""Share of its box, and of its convex hull, that a piece's outline must fill to be a tile, a card or a disc: a
disc has .79 of its box, a hexagon .75, a triangle .5."""
TILE_INSET_SHARE: Final = 0.03
"""Share of the shorter side that is cut away to look inside a tile: its edge, a thin frame."""
EVEN_BAND_SHARE: Final = 0.70
"""Share of the band inside a tile's edge that has one colour: below, it is a drawing of many colours, no tile."""
LEAST_GRADIENT_PX: Final = 24
GRADIENT_MATCH_LEVELS: Final = 12
"""Px of a tile's band from which a gradient is fitted, and levels by which the band may differ from it: half of RING_MATCH_LEVELS, since
six terms for each channel fit more than one colour does."""
MAIN_TILE_SHARE: Final = 0.80
"""Share of an official drawing's sides that a tile must cover to be its tile."""
PLATE_RING_SHARE: Final = 0.92
"""Share of background in the border ring below which plates of one colour are looked for."""
PLATE_STEP_LEVELS: Final = 14
"""Levels between neighbours that are still one even area; JPEG noise of quality 50 stays under 12."""
PLATE_LEAST_SHARE: Final = 0.008
PLATE_FILL: Final = 0.55
PLATE_SOLIDITY: Final = 0.85
MAX_PLATES: Final = 40
PHOTO_RING_SHARE: Final = 0.80
"""Below it (photographs) colours that are more frequent inside than at the border are looked at by themselves."""
EVEN_MATCH_LEVELS: Final = 10
EVEN_RING_SHARE: Final = 0.7
"""Share of the border that has the background nearly exactly, give or take so many levels, under which it is uneven too: a
dark or soft photograph has one colour all around, and no two pixels alike."""
LAYER_RING_SHARE: Final = 0.04
LAYER_LEAST_SHARES: Final = (0.012, 0.035)
LAYER_BORDER_RATIO: Final = 0.35
"""A colour belongs to a logo in a photograph if that share of all pixels has it and the border has it so much less."""
EVEN_LEAST_PX: Final = 12
EVEN_BORDER_SHARE: Final = 0.06
EVEN_EDGE_LEVELS: Final = 36
"""An even area in a photograph is drawn if it has so many px, at most so much of half the picture's border, and steps of so
many levels beside it."""
CLOSED_GAP_DIVISOR: Final = 60
"""Gaps up to a picture's shorter side divided by this, on either side, are closed when outlines are filled."""
LAYER_PIECE_SHARE: Final = 0.0002
LAYER_REGION_SHARE: Final = 0.01

# --- comparison ---
SHORTLIST_DISTANCE_BITS: Final = 90
"""Edge-hash bits (of 256) within which a region is described and compared closely. bench, of 5,256 images that score .45 or
more at 90: 80 loses 3, 75 4, 70 13, 65 19, 60 27; recall at a false-match rate of 1e-3 is the same at 75 to 90, at 1e-2 80
finds 2 images fewer and 75 3. At 80 five regions in six are still described, so little time is won."""
NCC_WEIGHT: Final = 0.35
EDGE_WEIGHT: Final = 0.65
"""Shares of ink and of edges in a region's features, before the background's common directions are taken out."""
ASPECT_WEIGHT: Final = 0.5
ASPECT_FREE: Final = 0.08
"""Likeness = cosine of the descriptors - ASPECT_WEIGHT x max(0, |log aspect ratio| - ASPECT_FREE). .25 to 1 tried."""
LAID_ASPECT_WEIGHT: Final = 0.35
"""ASPECT_WEIGHT once a region is laid on the drawing, where the residue tells strangers apart too. bench, the half that is chosen on: .5,
.35, .2 tried; at .35 images of 24 and 32 px rise from .977 to .992 at 1e-3 (the other half from .898 to .922), at .2 strangers gain
as much. Logos stretched to 1.6 times their width have .70 to .79, .59 to .70 at .5."""
ASPECT_PX: Final = 1.5
"""Divided by a region's shorter side in px and added to ASPECT_FREE: what rounding and soft edges do to tiny regions.
bench, 0 to 3 tried."""
MARGIN_TOP_SHARE: Final = 0.0005
"""A template's margin is its mean likeness to this share of the background cohort, the share that it likes best;
.0003 to .02 tried on one half of the bench's brands."""
MARGIN_ASPECT_WEIGHT: Final = 0.1
"""ASPECT_WEIGHT when the margin is measured: the cohort has few drawings of each aspect. 0 to 1 tried."""
MAX_MARGIN: Final = 0.95
"""A template that strangers reach so well (a plain disc or bar) recognises nothing and is left out."""
PLAIN_MARGIN: Final = 0.80
"""Margin of a whole drawing from which it is so plain that what stands inside it counts even on an uneven border."""
WEAK_MARGIN: Final = 0.75
"""Margin from which `brand check` calls a logo weak: rings and frames of any width have margins over .77."""
LOOK_ALIKE_SCORE: Final = 0.68
PLAIN_STRANGERS: Final = 2
"""First score from which a stranger looks like a drawing, and how many such strangers make the drawing plain. Of 38,474 a hexagon
has 56, a bolt 10 to 44, four squares 7, a bubble 8; 8 of the 184 official files of bench and 3 of the 155 of pages have two or
more. With one, widely known marks that icon sets redraw would be plain too."""
PLAIN_SHARE: Final = 0.20
PLAIN_SHARE_MANY_HUES: Final = 0.02
MANY_HUES: Final = 3
HUE_SHARE: Final = 0.08
"""A plain mark in the official colours is a match from the first share of the picture on, from the second if it has many of twelve
hues, each on so much of its ink. Chosen on pages (four-coloured marks of .05 to .75) and 4,500 icons that are in no cohort: 8
would be taken for plain marks of bench by shape alone, 2 so: bolts of the official blue."""
MAX_INNER_MARGIN: Final = 0.70
"""The same as MAX_MARGIN for what stands on a tile, which is often a plain sign."""
MAX_SILHOUETTE_MARGIN: Final = 0.60
"""The same for a drawing in one colour. bench, one value tried: mono and inverted rise at 1e-3 from .939 to .970 on the half that is
chosen on, from .953 to .969 on the other; no class falls, and no more images that show none are matched."""
MIN_SPREAD: Final = 0.15
"""Least of 1 - margin by which a score is scaled, so that plain templates cannot reach 1 by luck. 0.1 to 0.5
tried."""
ALIGN_STEPS: Final = 20
ALIGN_BLUR_PX: Final = 5
"""Steps of the alignment, and the side of its smoothing filter on squares of 64 px."""
MAX_STRETCH: Final = 0.35
MAX_SHEAR: Final = 0.25
"""Farthest that alignment may go: a crop of 8 % on each side stretches by .19, a turn of 6 degrees shears by .1."""
LEAST_ALIGN_GAIN: Final = 0.005
"""Correlation that a map must gain over no map at all."""
LEAST_SHOWN_SHARE: Final = 0.55
"""Share of an official drawing that a region must show to count as that drawing, cropped."""
WHOLE_SHARE: Final = 0.98
"""Share from which it counts as the whole."""
CUT_LIKENESS: Final = 0.6
"""Likeness under which a cut drawing is not scored: with the least margin of a cut drawing on bench, .25, it would have .47."""
ALIGN_BLURS_PX: Final = (1.2, 2.4)
"""Blurs (sigma, px of 56) of the official drawing that are tried beside the sharp one."""
EDGES_OVER_INK_WEIGHT: Final = 1.0
"""Weight of edge agreement minus ink agreement in a score. bench, both halves: 0 to 2 tried."""
RESIDUE_BLUR_PX: Final = 1.5
RESIDUE_FREE: Final = 0.1
RESIDUE_WEIGHT: Final = 0.2
"""A score is lowered by this weight x how far the largest difference of the inks, blurred by so many px of 64, is over the free
part. bench, the half that is chosen on: weights .1 to .6, blurs 1.5 to 4, free parts .1 to .3 tried; found at 1e-3 .946 without,
.953 with it; pages: at two wrong images nothing changes, at five 98 are found, 96 without."""
RECOLOURED_WEIGHT: Final = 0.1
SAME_COLOUR_DIFFERENCE: Final = 5.0
OTHER_COLOUR_DIFFERENCE: Final = 30.0
"""A score is lowered by up to this weight as the mean colour difference (CIE 1976) rises from the first to the second: a stranger
rarely has the brand's colours too. bench, the half that is chosen on: .05 to .15 tried; found at 1e-3 .956 with it and the
residue, the other half .949 (.939 without both); pages: at .15 fewer are found."""
COUNTED_STRANGERS: Final = 64
STRANGERS_WEIGHT: Final = 0.15
"""A score is lowered by this x log10(1 + k), where k strangers of the cohort have the region's first score. bench: .05 to
.2 tried; at .1 to .2 the recall at a false-match rate of 1e-3 rises by .01."""
ISOLATION_WEIGHT: Final = 0.25
FULL_ISOLATION: Final = 0.5
"""A score is lowered by up to this weight for a region whose isolation is under FULL_ISOLATION: "in" is cut from many words.
bench: weights .1 to .2, isolations .15 to .5 tried; letters of a word have .05 to .15, a mark beside its name .2 to .5."""
CROWDING_SIDE_SHARE: Final = 0.5
"""Longer side of the ink that counts as near, as a share of a region's shorter side."""
LOOK_CLOSER_SCORE: Final = 0.15
"""First score from which a region is laid on the drawing. bench: true matches under it are not lifted over the line."""
CLOSER_LOOKS_A_LOGO: Final = 2
"""Templates of one official logo that are looked at closer: the icon of a lock-up must not take the lock-up's place."""
SURE_SCORE: Final = 0.9
"""Score of the best template of an official logo from which its second best is not looked at."""
MAX_CLOSER_LOOKS: Final = 24
"""Candidates of one image that are looked at closer in each turn, best first: a wall rarely has more official logos."""
WHOLE_PICTURE_SCORE: Final = 0.85
"""Score from which a picture may be decided by the whole of it. bench, 400 single logos: .95 decides 137, .9 158, .85 196, .75 202. Of 4,782
images of bench and pages .85 gives all the same brands and strengths as .95, and names the lock-up instead of the icon in it for 4."""
WHOLE_PICTURE_DISTANCE_BITS: Final = 60
WHOLE_PICTURE_FIRST_SCORE: Final = 0.6
"""Edge-hash bits (of 256) and first score from which the whole picture is laid on a drawing before regions are searched. bench: 999
of 1,000 images that are decided so are within 60 bits."""
EXTRA_INK_LEVELS: Final = 48
MISSING_INK_LEVELS: Final = 64
COLOUR_STEP_LEVELS: Final = 28
EVEN_INK_LEVELS: Final = 16
EVEN_COLOUR_LEVELS: Final = 24
"""Levels (of 255, on squares of 64 px) by which a picture that its whole decides may have more or less ink than the drawing near by,
and steps of colour where the drawing is even: its ink and colours change by no more than the last two. Of 854 images of bench that
reach WHOLE_PICTURE_SCORE 85 % pass. Tried: 32 to 64, 24 to 64, 24 to 64."""
SMALL_PICTURE_PX: Final = 130
LARGE_PICTURE_PX: Final = 600
"""Longer side of a picture's ink up to which places within two px of the square are near, above it one; and from which its whole
decides nothing: a mark of 24 px is then too small on the square. Of 570 official drawings that a second brand's mark was laid on,
14 px to a third of the width, and that the search finds both in, 4 passed without the last limit, all of them of 800 px and more."""
SHOWN_LONG_PX: Final = (320, 240, 160, 100, 64, 32)
NO_OTHER_SCORE: Final = 0.25
"""Longer sides in px at which an official drawing is searched for other brands' marks, and the score under which there is none: else
it decides no whole picture. bench: 10 of 184 have one, such as a diamond that is another brand's."""
SMALL_SIDES_PX: Final = ((40, 48), (24, 36))
"""(longer side in px of a blurred copy of each official drawing, largest region that is compared with it): at such sizes
a web page shows no edges as sharp as the file's."""
SOLID_INK: Final = 0.95
"""Mean ink (0..1) of a trimmed region from which it is a filled box, not a drawing."""
SAME_TEMPLATE: Final = 0.99
"""Cosine of two descriptors of one file from which they count as one."""
KEPT_BOX_SHARE: Final = 0.70
KEPT_INK_SHARE: Final = 0.50
"""Shares of its box and of its ink that a transparent drawing must keep on another ground to be known by what is
left there."""
EQUAL_SCORES: Final = 0.02
"""Scores of one region that differ by less are equal: colours then say which official file is named."""
INSIDE_SHARE: Final = 0.90
SAME_REGION_SHARE: Final = 0.70
"""Share of a region that lies in another one, and of two regions' union that both have, from which one is inside the other, or
both are the same. bench, 29 pictures of one brand that resemble another one too, both halves: 19 lie inside, 10 are the same
region, none is between."""
RECOLOURED_DIFFERENCE: Final = 22.0
"""Mean colour difference (CIE 1976) from which a drawing counts as recoloured. bench, colour-true classes stay under 15 in
95 of 100 (JPEG at 30: 12), grey and mono are over 30; 15 to 30 tried."""
COLOURED_CHROMA: Final = 15.0
GREY_CHROMA: Final = 8.0
MIDDLING_LIGHTNESS: Final = 8.0
"""Lightness (L*) from 50 within which a transparent official drawing is neither light nor dark."""
TOLD_STRETCH: Final = 0.04
TOLD_DEGREES: Final = 1.5
TOLD_CUT: Final = 0.02
"""What is told of a transform: less is what rounding to whole px does to a logo of 40 px."""
ACCEPT_SCORE: Final = 0.60
"""Score (0..1) from which a brand is reported, chosen by how many of bench's 3,088 images that show none of 130 brands reach it:
3, which is .1 %, once plain marks are perhaps; .55 lets 9 through, .58 four, .62 two. They show marks of a sibling that lack one small sign.
pages, 1,043 images: one mistake (a drawing that lies in two brands' sets)."""
PASSING_SHARE: Final = 0.005
"""Share of a photograph's area under which a mark is shown in passing: a person has to say whether it is a claim. pages: a
computer's and a machine's maker, .001 and .003 of the picture; bench, logos pasted into photographs: .02 and more."""
PERHAPS_SCORE: Final = 0.32
"""Score (0..1) from which a brand that is not reported is named as one that a person should look for: as many marks of bench are
told, matched or perhaps, as with the score of before (.967), and of the images that show none .7 %. .3 to .45 tried."""
FULLNESS_BONUS: Final = 0.05
"""Added to a score, times the region's share of the largest one, when the brand's own drawings compete: the icon of a
lock-up often scores .01 to .04 more than the whole. Chosen on the demo's logo set; 0 to .10 tried."""
REJECTED_DISTANCE_BITS: Final = 24
"""Edge-hash bits (of 256) between whole images up to which one counts as a copy of a rejected one. 16 to 40 tried: 24 keeps
86 % of 1,600 copies (JPEG at 50 to 85, WebP, GIF, a quarter to 1.5 times the size) of 201 pictures of demo and tests, 16 70 %, 32 94 %; of 1,770
pairs of strangers 24 takes none for copies, 32 21. Follows the meaning of the edge hash."""
HUNT_DISTANCE_BITS: Final = 60
"""Edge-hash bits (of 256) within which a stored region's image is looked at again for a new logo. bench, 702 matches
of 45 brands, and 250 images that show none: 60 keeps 99.9 % of the matches and short-lists 7 % of the strangers; 50
98.7 % and 3 %; 90, the short-list of a single image, all and 48 %. Follows the meaning of the edge hash."""

# --- words in pictures ---
LETTERING_SIDE_PX: Final = 224
"""Longer side at which the words of a picture are looked for. pages, 134 brand logos: 192, 224 and 256 px surely name 81 of them, 320 to
640 px one to four more; they take 17, 19, 21 and 23 to 64 ms of the processor at the median."""
LETTERING_LARGE_SIDE_PX: Final = 768
LOW_LINE_PX: Final = 14
"""Median height of the lines from which a large picture is not read once more, larger."""
LETTERING_MOST_ZOOM: Final = 3.0
"""How much a small picture is enlarged to be read. 1 to 4 tried."""
MAX_READ_LINES: Final = 60
"""Lines that are read in one picture; a wall of 60 logos has as many."""
LETTERING_CPU_LIMIT_S: Final = 10.0
"""Processor seconds for one picture. pages: 0.02 at the median, 0.6 for a wall of 20 logos."""
LETTERING_MEMORY_LIMIT_BYTES: Final = 600_000_000
"""Address space for one picture, on top of what engine and models take."""
LETTERS_FOR_ONE_WRONG: Final = 6
LETTERS_FOR_TWO_WRONG: Final = 10
"""Letters of a name from which one, or two, may be read wrong."""
SHORT_NAME_LETTERS: Final = 3
SURE_READING: Final = 0.8
"""Confidence (0..1) of a line from which a name of so few letters counts in it."""
SLOGAN_SHARE: Final = 0.7
"""Height of a line, as a share of the name's, up to which strange words in it are a slogan; beside "Acme" a "Dental" of the same
height makes it another firm."""
MAX_STRANGE_WORDS: Final = 6
"""Words in lower lines that may be a slogan; more are a text, or other firms' names."""
MIN_LETTERED_LONG_PX: Final = 40
MIN_LETTERED_SHORT_PX: Final = 12
"""Sides of a picture from which its words are looked for: smaller ones hold an icon, or letters that nobody can read."""
BADGE_MARK_SHARE: Final = 0.5
"""Share of the picture that an official logo may take for the rest to be read: what stands beside it may tell a tier."""
MAX_BADGE_WORDS: Final = 8
"""Words beside an official logo that may be a badge's; more are a text about something."""
PHOTOGRAPH_PX: Final = 100_000
"""Pixels of a JPEG from which its words are not looked for where only the place speaks for it. pages: 82 of 727 read pictures were over
150,000, a few more are over 100,000, and none of them names a brand; with all of them 44 of 100 pictures would be read."""
