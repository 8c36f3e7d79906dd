// The officer's page: alerts newest first, one of them on the whole screen.

import { follow } from "./following.js";
import { AlertList } from "./list.js";
import { watchSound } from "./signal.js";

watchSound();
follow((book, me, open) => new AlertList(book, me.name, open), { fills: true });
