// The alerts that the page knows, newest last. What is newest of an alert counts.

import { NOT_KNOWN } from "./reached.js";
import { isDecided } from "./words.js";

const FEW = 200;
/** So many at most, however many somebody asks for: a page is no archive. */
export const MOST = 1_000;

export class AlertBook {
  constructor() {
    /** @type {Map<string, AlertView>} */
    this.alerts = new Map();
    /** @type {Set<string>} */
    this.late = new Set();
    /** Survives a restart of the service. @type {Set<string>} */
    this.seen = new Set();
    /** How many there is room for. */
    this.room = FEW;
    /** Up to this sequence alerts may be missing here; 0 if none is. */
    this.floor = 0;
    /** Up to this sequence open ones may be missing here; 0 if none is. */
    this.openFloor = 0;
    /** Of earlier alerts those above it are new to this tab. */
    this.reached = NOT_KNOWN;
    /** Whether nothing is shown, since an erasure of it mightn't be heard. */
    this.isHidden = false;
    /** Another one whenever all alerts are let go of: what was asked for before is old. */
    this.turn = 0;
    /** How many answers with earlier alerts are on their way. */
    this.asked = 0;
    /** What happened meanwhile to alerts that may be in them. @type {Map<string, AlertView>} */
    this.meanwhile = new Map();
  }

  /**
   * Says behind which sequence what comes begins.
   * @param {number} sequence
   */
  begin(sequence) {
    this.floor = this.openFloor = sequence;
  }

  /**
   * Says that what is up to a sequence won't come.
   * @param {number} sequence
   */
  pass(sequence) {
    this.floor = Math.max(this.floor, sequence);
    this.openFloor = Math.max(this.openFloor, sequence);
  }

  /**
   * Takes an alert that was raised; tells whether it wasn't known.
   * @param {AlertView} alert
   * @param {boolean} missed
   */
  add(alert, missed) {
    if (this.alerts.has(alert.alert_id)) return false;
    this.alerts.set(alert.alert_id, alert);
    this.see(alert, missed);
    return true;
  }

  /**
   * @param {AlertView} alert
   * @param {boolean} missed
   */
  see({ alert_id: id }, missed) {
    if (missed && !this.seen.has(id)) this.late.add(id);
    this.seen.add(id);
  }

  /**
   * Takes alerts from among those that are missing, and makes room for them; returns the new ones.
   * @param {AlertView[]} alerts all there are up to the floor, from the lowest of them on
   * @param {boolean} isAll whether none is below them
   */
  fill(alerts, isAll) {
    this.floor = isAll ? 0 : (alerts[0]?.sequence ?? 1) - 1;
    this.openFloor = Math.min(this.openFloor, this.floor);
    return this.put(alerts);
  }

  /**
   * Takes open alerts from among those that are missing; returns the new ones.
   * @param {AlertView[]} alerts all open ones there are up to the floor, from the lowest of them on
   * @param {boolean} isAll whether none is below them
   */
  fillOpen(alerts, isAll) {
    this.openFloor = isAll ? 0 : (alerts[0]?.sequence ?? 1) - 1;
    return this.put(alerts);
  }

  /** @param {AlertView[]} alerts as they were when they were asked for */
  put(alerts) {
    const fresh = alerts
      .filter((each) => !this.alerts.has(each.alert_id))
      .map((each) => newerOf(each, this.meanwhile.get(each.alert_id)));
    this.room = Math.min(MOST, Math.max(this.room, this.alerts.size + fresh.length));
    const all = [...this.alerts.values(), ...fresh].sort((one, other) => one.sequence - other.sequence);
    this.alerts = new Map(all.map((each) => [each.alert_id, each]));
    for (const each of fresh) this.see(each, each.sequence > this.reached);
    return fresh;
  }

  /**
   * Takes an alert as it is now; tells whether it was known and isn't older than that.
   * @param {AlertView} alert
   */
  change(alert) {
    const known = this.alerts.get(alert.alert_id);
    if (!known) this.note(alert);
    if (!known || alert.version < known.version || (known.erased && !alert.erased)) return false;
    if (alert.version === known.version && alert.sightings < known.sightings) return false;
    this.alerts.set(alert.alert_id, alert);
    return true;
  }

  /** @param {AlertView} alert that isn't here */
  note(alert) {
    if (this.asked) this.meanwhile.set(alert.alert_id, alert);
    if (!isDecided(alert)) this.openFloor = Math.max(this.openFloor, alert.sequence);
  }

  /** @param {string} alertId */
  remove(alertId) {
    this.alerts.delete(alertId);
  }

  /** Drops what is too much, the oldest: decided ones, and open ones beyond the most; returns the ids. */
  trim() {
    const excess = this.alerts.size - this.room;
    if (excess <= 0) return [];
    const all = [...this.alerts.values()];
    const decided = all.filter(isDecided).slice(0, excess);
    const open = all.filter((each) => !isDecided(each));
    const dropped = [...decided, ...open.slice(0, Math.max(0, all.length - decided.length - MOST))];
    for (const alert of dropped) {
      this.alerts.delete(alert.alert_id);
      this.floor = Math.max(this.floor, alert.sequence);
      this.note(alert);
    }
    return dropped.map((each) => each.alert_id);
  }

  clear() {
    this.alerts.clear();
    this.room = FEW;
    this.floor = this.openFloor = 0;
    this.turn += 1;
  }
}

/**
 * @param {AlertView} answered
 * @param {AlertView | undefined} heard since that was asked for, perhaps before it was answered
 */
function newerOf(answered, heard) {
  if (!heard || answered.version > heard.version) return answered;
  return answered.erased && !heard.erased ? answered : heard;
}
