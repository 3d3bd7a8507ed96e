import type { Destination } from '../contracts/channels.ts'
import type { Document } from '../notifications/text/document.ts'

/** What a sender is handed of one event; each form shows as much of the document as it can. */
export interface OutgoingMessage {
  /** The same in each try, so that a receiver can tell a repetition. */
  eventId: string
  /** When it happened, in ms since 1970. */
  at: number
  kind: string
  document: Document
  /** Ids and names, as the event has them: for programs. */
  facts: Readonly<Record<string, unknown>>
}

/** Brings messages to their receivers. */
export interface Deliver {
  /**
   * Returns when the receiver has taken the message; it may get it twice when that was not heard. Ends within a minute.
   * @param to not one of those that gateways serve
   * @throws `DELIVERY_REFUSED` when the receiver does not want it and never will; `DELIVERY_FAILED`, `CHANNEL_SECRET_MISSING`, and whatever else
   *   when it may get through later
   */
  send(to: Destination, message: OutgoingMessage): Promise<void>
}

/** Secrets by name, for whoever sends. */
export interface Secrets {
  /** @throws `CHANNEL_SECRET_MISSING` */
  read(name: string): Promise<string>
}
