// The alerts that the page knows, newest last. What is newest of an alert counts.

const MOST = 200;

export class AlertBook {
  constructor() {
    /** @type {Map<string, AlertView>} */
    this.alerts = new Map();
    /** @type {Set<string>} */
    this.late = new Set();
    /** Survives a restart of the service. @type {Set<string>} */
    this.seen = new Set();
  }

  /**
   * Takes an alert that was raised; tells whether it wasn't known.
   * @param {AlertView} alert
   * @param {boolean} missed
   */
  add(alert, missed) {
    if (this.alerts.has(alert.alert_id)) return false;
    this.alerts.set(alert.alert_id, alert);
    if (missed && !this.seen.has(alert.alert_id)) this.late.add(alert.alert_id);
    this.seen.add(alert.alert_id);
    return true;
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

  /** Drops what is too much, the oldest first; returns the ids. */
  trim() {
    const ids = [...this.alerts.keys()].slice(0, Math.max(0, this.alerts.size - MOST));
    for (const id of ids) this.alerts.delete(id);
    return ids;
  }

  clear() {
    this.alerts.clear();
  }
}
