import { XenkeepError } from './base.ts'

const nearText = (near: readonly string[]): string =>
  near.length > 0 ? ` Did you mean ${near.map(name => `"${name}"`).join(' or ')}?` : ''

/** The recovery point holds no tree of files, or none of this name. */
export class TreeNotFoundError extends XenkeepError {
  readonly code = 'TREE_NOT_FOUND'
  /** @param trees names of those that it holds */
  constructor(pointId: string, tree: string | undefined, trees: readonly string[]) {
    super(
      tree === undefined && trees.length === 0
        ? `The recovery point ${pointId} holds no tree of files.`
        : tree === undefined
          ? `The recovery point ${pointId} holds ${trees.length} trees of files.`
          : `The recovery point ${pointId} holds no tree of files "${tree}".`,
      {
        advice:
          trees.length > 0
            ? `Name one of these: ${trees.map(name => `"${name}"`).join(', ')}.`
            : 'Choose a point that was made by "xenkeep tree backup" or of a guest; disks of VMs are read by "xenkeep files".',
      },
    )
  }
}

/** The tree has nothing at this path. */
export class TreePathNotFoundError extends XenkeepError {
  readonly code = 'TREE_PATH_NOT_FOUND'
  /** @param near names in the folder where it should be that look like it */
  constructor(path: string, near: readonly string[]) {
    super(`The tree of files has no "${path}".${nearText(near)}`, {
      advice: 'Paths are relative to the root of the tree; "xenkeep tree list" shows them.',
    })
  }
}

/** Something stands in the target where something of the point belongs, and nothing was said of replacing it. */
export class TreeTargetTakenError extends XenkeepError {
  readonly code = 'TREE_TARGET_TAKEN'
  constructor(target: string, count: number, paths: readonly string[]) {
    const more = count > paths.length ? `, and ${count - paths.length} more` : ''
    super(
      `In "${target}" something else stands where files of the point belong: ${paths.join(', ')}${more}.`,
      {
        advice:
          'Nothing was changed. Restore into an empty folder, or say --existing keep or --existing replace.',
      },
    )
  }
}

/** The target has no room, or no quota, for more. */
export class TreeTargetFullError extends XenkeepError {
  readonly code = 'TREE_TARGET_FULL'
  constructor(target: string, cause?: unknown) {
    super(`The file system of "${target}" is full: the restore stopped.`, {
      advice:
        'What is there by its own name is whole. Make room and run the same command again: it goes on where this one ended.',
      cause,
    })
  }
}

/** The target can only be read. */
export class TreeTargetReadOnlyError extends XenkeepError {
  readonly code = 'TREE_TARGET_READ_ONLY'
  constructor(target: string, cause?: unknown) {
    super(
      `The file system of "${target}" is mounted read-only, or became so: nothing can be restored there.`,
      {
        advice:
          'Mount it for writing (look in the log of the system why it is not), or choose another target.',
        cause,
      },
    )
  }
}

/** The target is no folder that this user can write to. */
export class TreeTargetUnusableError extends XenkeepError {
  readonly code = 'TREE_TARGET_UNUSABLE'
  constructor(target: string, why: string, cause?: unknown) {
    super(`"${target}" cannot be restored into: ${why}.`, {
      advice: 'Choose a folder that this user may write to, or one that can be made.',
      cause,
    })
  }
}

/** The list of who is who here cannot be read. */
export class OwnersInvalidError extends XenkeepError {
  readonly code = 'OWNERS_INVALID'
  constructor(file: string, why: string, cause?: unknown) {
    super(`The list of owners "${file}" cannot be used: ${why}.`, {
      advice:
        'One line each: "user FROM TO" or "group FROM TO", names or numbers; lines that begin with # are left out.',
      cause,
    })
  }
}

/** Whatever this machine asks for its users and groups (LDAP, a domain) does not answer: whose files they are cannot be told. */
export class OwnersUnansweredError extends XenkeepError {
  readonly code = 'OWNERS_UNANSWERED'
  /** @param why half a sentence */
  constructor(name: string, why: string, cause?: unknown) {
    super(`Who has the name "${name}" on this machine cannot be told: ${why}.`, {
      advice:
        'Look whether "getent passwd" answers, and run the same command again: it goes on where this one ended. Or restore by the recorded numbers, --owners id.',
      retryable: true,
      cause,
    })
  }
}

/** A thread that writes to the target ended. */
export class TreeWriterLostError extends XenkeepError {
  readonly code = 'TREE_WRITER_LOST'
  constructor(cause: unknown) {
    super(
      'The restore was broken off, because a thread that writes the files failed or was ended.',
      {
        advice:
          'Run the same command again: it goes on where this one ended. If it happens again, look whether the machine is short of memory, and report it with the log of the process.',
        retryable: true,
        cause,
      },
    )
  }
}

/** The list of files of a tree is no list that this version can read. */
export class TreeListInvalidError extends XenkeepError {
  readonly code = 'TREE_LIST_INVALID'
  constructor(tree: string, why: string, cause?: unknown) {
    super(`The list of files of the tree "${tree}" cannot be read: ${why}.`, {
      advice: 'Update XenKeep, or run a check of the repository; other points may be whole.',
      cause,
    })
  }
}
