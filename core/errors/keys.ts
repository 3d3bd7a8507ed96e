import { XenkeepError } from './base.ts'

/** A repository without key slots: nobody can read it, whatever they know. */
export class RepositoryShreddedError extends XenkeepError {
  readonly code = 'REPOSITORY_SHREDDED'
  constructor(address: string) {
    super(
      `The repository at ${address} has no key slot left: its contents are shredded, and no passphrase or key opens it.`,
      {
        advice:
          'If nobody meant that, look for older versions of the objects below keys/ (in a versioned bucket, or a replica) and bring them back.',
      },
    )
  }
}

/** The repository has KMS slots, but none of this key. */
export class WrongKmsKeyError extends XenkeepError {
  readonly code = 'WRONG_KMS_KEY'
  /** @param key as it was given; without it the one that a slot names was tried */
  constructor(address: string, key?: string) {
    const which = key === undefined ? 'The key that its own slot names' : `The key "${key}"`
    super(`${which} opens no slot of the repository at ${address}.`, {
      advice: 'See with "xenkeep repo keys list" which keys have a slot.',
    })
  }
}

/** Opened by the key that the repository itself named, which is enough to look, and not to entrust it with backups. */
export class KmsKeyUnnamedError extends XenkeepError {
  readonly code = 'KMS_KEY_UNNAMED'
  constructor(address: string) {
    super(
      `The repository at ${address} was opened with the key that its own slot names, so it can only be read: whoever can write there could have put in a slot of their own key.`,
      { advice: 'Name the key that you trust, as in --kms arn:aws:kms:….' },
    )
  }
}

/** No slot of this name. */
export class KeySlotNotFoundError extends XenkeepError {
  readonly code = 'KEY_SLOT_NOT_FOUND'
  constructor(address: string, slot: string) {
    super(`The repository at ${address} has no key slot "${slot}".`, {
      advice: 'List the slots with "xenkeep repo keys list" and name one of them in full.',
    })
  }
}

/** Who retires a slot has to prove that another one opens. */
export class KeySlotInUseError extends XenkeepError {
  readonly code = 'KEY_SLOT_IN_USE'
  constructor(slot: string) {
    super(`The key that you gave opens only the slot "${slot}", which is the one to be retired.`, {
      advice:
        'Open the repository with the key of a slot that stays (another passphrase, the recovery key, or KMS), which proves that there is one.',
    })
  }
}

/** Nobody could open the repository any more. */
export class LastKeySlotError extends XenkeepError {
  readonly code = 'LAST_KEY_SLOT'
  constructor(slot: string) {
    super(`"${slot}" is the last key slot that opens the repository; it is not retired.`, {
      advice:
        'Add another slot first. To make the contents unreadable for ever, use "xenkeep repo keys shred".',
    })
  }
}

/** The slot is retired, but Object Lock keeps it for some time to come. */
export class KeySlotLockedError extends XenkeepError {
  readonly code = 'KEY_SLOT_LOCKED'
  /** milliseconds since 1970, by the store's clock */
  readonly until: number
  constructor(slot: string, until: number) {
    super(
      `The key slot "${slot}" is retired but not removed: the store locks it until ${new Date(until).toISOString()}, and until then its key opens the repository.`,
      { advice: 'Retire it again after that day. Backups do not extend its lock any more.' },
    )
    this.until = until
  }
}

/** The id that was typed is not the repository's. */
export class ShredNotConfirmedError extends XenkeepError {
  readonly code = 'SHRED_NOT_CONFIRMED'
  constructor(address: string, confirmed: string) {
    super(`"${confirmed}" is not the id of the repository at ${address}; nothing was destroyed.`, {
      advice:
        'Give the 32 hex digits that "xenkeep repo keys list" shows. Shredding cannot be undone.',
    })
  }
}

/** Object Lock keeps key slots, and with them the contents, for some time to come. */
export class ShredLockedError extends XenkeepError {
  readonly code = 'SHRED_LOCKED'
  /** milliseconds since 1970, by the store's clock */
  readonly until: number
  /**
   * @param slots names of the locked objects
   * @param begun whether something was destroyed before the lock was met
   */
  constructor(
    address: string,
    { slots, until, begun }: { slots: readonly string[]; until: number; begun: boolean },
  ) {
    const done = begun
      ? 'Other slots are destroyed already; the locked ones still open it.'
      : 'Nothing was destroyed.'
    super(
      `The repository at ${address} cannot be shredded before ${new Date(until).toISOString()}: until then the store locks ${slots.join(', ')}. ${done}`,
      {
        advice:
          'Run it again after that day, and let no backup with a lock run there until then: it would extend the locks. Contents that are wrapped by KMS alone can be destroyed earlier by deleting that key.',
      },
    )
    this.until = until
  }
}
