// Operational events in the database (domain/operational-events.ts). Each is written in the transaction of the change that
// it tells of: by `commit`, by the steps and ends of replays, and by `takeOver`. If no endpoint of the system tenant wants
// it, nothing is written.

export interface TellingStore {
  /**
   * One bounded step of telling the changes of earlier minutes that were left out (`limits.toldPerMinute`): the last one of
   * each endpoint and type, with the number of the others. Returns the number of rows that it visited.
   */
  tellLeftOut(now: number, rowsMax: number): Promise<number>
}
