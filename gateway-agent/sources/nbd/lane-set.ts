import type { NbdConnection } from './connection.ts'
import type { Place } from './places.ts'

/** A connection beyond a disk's first one, from the time when it is to be opened. */
export interface Extra {
  lane?: NbdConnection
  /** A disk without any connection waits for its place. */
  wanted?: boolean
}

/** The connections of one disk and the places that they hold. */
export interface LaneSet {
  readonly size: number
  /** @returns the one with the least to do */
  least(): NbdConnection | undefined
  /** @returns whether it is kept: not where somebody wants its place by now */
  enter(connection: NbdConnection, place: Place, extra: Extra | undefined): boolean
  /** Its connection gets no more requests, and leaves when those under way are answered. @returns false where it is the only one */
  giveUp(extra: Extra): boolean
  /** To be called after each answer. */
  answered(lane: NbdConnection): void
  /** @returns whether it was here until now */
  lost(lane: NbdConnection): boolean
  close(): void
}

/** @param onLeft a connection that was given up is closed */
export const createLaneSet = (onLeft: () => void): LaneSet => {
  const places = new Map<NbdConnection, Place>()
  /** Given up, but what they were asked for is still on its way. */
  const leaving = new Set<NbdConnection>()
  const staying = () => [...places.keys()].filter(lane => !leaving.has(lane))

  const remove = (lane: NbdConnection): Place | undefined => {
    const place = places.get(lane)
    places.delete(lane)
    leaving.delete(lane)
    return place
  }

  const answered = (lane: NbdConnection): void => {
    if (!leaving.has(lane) || lane.outstanding > 0) return
    lane.close()
    remove(lane)?.free()
    onLeft()
  }

  return {
    get size() {
      return staying().length
    },
    least: () => staying().sort((a, b) => a.outstanding - b.outstanding)[0],
    enter: (connection, place, extra) => {
      if (extra?.wanted) {
        connection.close()
        place.free()
        return false
      }
      if (extra) extra.lane = connection
      places.set(connection, place)
      return true
    },
    giveUp: extra => {
      const { lane } = extra
      if (lane && (!places.has(lane) || staying().every(one => one === lane))) return false
      extra.wanted = true
      if (lane) {
        leaving.add(lane)
        answered(lane)
      }
      return true
    },
    answered,
    lost: lane => {
      const place = remove(lane)
      place?.free()
      return place !== undefined
    },
    close: () => {
      for (const [lane, place] of places) {
        lane.close()
        place.free()
      }
      places.clear()
      leaving.clear()
    },
  }
}
