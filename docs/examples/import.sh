#!/bin/sh
# Lists people on a watchlist, sends their images, waits, and prints what became of each.
#
#   LETHE_TOKEN=$(lethe token --role operator) \
#       sh import.sh http://127.0.0.1:8080 square-may people.json front.jpg side.jpg
#
# people.json names images by the names of their files, without folders:
#   {"entries": [{"details": {"reference_number": "N-1", "name": "Jane Example",
#                             "category": "other", "grounds": "a warrant of 3 May"},
#                 "images": ["front.jpg", "side.jpg"]}]}
#
# Run again, it adds nothing twice. A request holds 64 people, 64 images and 16 MB.
set -eu

address=$1 list=$2 people=$3
shift 3

# The token comes by standard input: arguments are seen by everybody on the machine.
ask() {
    printf 'header = "Authorization: Bearer %s"\n' "$LETHE_TOKEN" |
        curl --config - --silent --show-error --fail-with-body "$@"
}

for image do
    shift
    set -- "$@" --form "$(basename "$image")=@$image"
done

watchlists=$address/api/v1/watchlists
ask --header 'Content-Type: application/json' --data "{\"watchlist_id\": \"$list\"}" \
    --output /dev/null "$watchlists"
ask --form "entries=@$people" "$@" "$watchlists/$list/entries"
echo
while told=$(ask "$watchlists/$list") || exit 1
    printf %s "$told" | grep --quiet '"settled":false'
do
    sleep 1
done
ask "$watchlists/$list/references?limit=1000"
echo
