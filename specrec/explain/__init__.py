"""Why a track resembles another: the score taken apart, checked by erasing, put into words."""
