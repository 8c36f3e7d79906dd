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
    /** Of earlier alerts those above it are new to this tab. */
    this.reached = NOT_KNOWN;
    /** Whether nothing is shown, since an erasure of it mightn't be heard. */
    this.isHidden = false;
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
    const fresh = alerts.filter((each) => !this.alerts.has(each.alert_id));
    this.room = Math.min(MOST, Math.max(this.room, this.alerts.size + fresh.length));
    const all = [...this.alerts.values(), ...fresh].sort((one, other) => one.sequence - other.sequence);
    this.alerts = new Map(all.map((each) => [each.alert_id, each]));
    for (const each of fresh) this.see(each, each.sequence > this.reached);
    this.floor = isAll ? 0 : (alerts[0]?.sequence ?? 1) - 1;
    return fresh;
  }

  /**
   * Takes an alert as it is now; tells whether it was known and isn't older than that.
   * @param {AlertView} alert
   */
  change(alert) {
    const known = this.alerts.get(alert.alert_id);
    if (!known || alert.version < known.version || (known.erased && !alert.erased)) return false;
    if (alert.version === known.version && alert.sightings < known.sightings) return false;
    this.alerts.set(alert.alert_id, alert);
    return true;
  }

  /** @param {string} alertId */
  remove(alertId) {
    this.alerts.delete(alertId);
  }

  /** Drops what is too much, decided ones first and of these the oldest; returns the ids. */
  trim() {
    const excess = this.alerts.size - this.room;
    if (excess <= 0) return [];
    const all = [...this.alerts.values()];
    const dropped = [...all.filter(isDecided), ...all.filter((each) => !isDecided(each))].slice(0, excess);
    for (const { alert_id: id, sequence } of dropped) {
      this.alerts.delete(id);
      this.floor = Math.max(this.floor, sequence);
    }
    return dropped.map((each) => each.alert_id);
  }

  clear() {
    this.alerts.clear();
    this.room = FEW;
    this.floor = 0;
  }
}
