import { XenkeepError } from './base.ts'

/** The catalog knows no such policy, or it was deleted. */
export class PolicyNotFoundError extends XenkeepError {
  readonly code = 'POLICY_NOT_FOUND'
  constructor(wanted: string, near: readonly string[] = []) {
    const hint = near.length > 0 ? ` Did you mean ${near.map(name => `"${name}"`).join(', ')}?` : ''
    super(`There is no policy "${wanted}".${hint}`, {
      advice: 'List the policies with "xenkeep policies list".',
    })
  }
}

/** Somebody else saved the policy after it was read. */
export class PolicyChangedError extends XenkeepError {
  readonly code = 'POLICY_CHANGED'
  constructor(name: string, by: string) {
    super(`The policy "${name}" was changed by "${by}" since you read it; nothing was saved.`, {
      advice: 'Look at it as it is now, and make your change again where it still makes sense.',
    })
  }
}

/** Another policy bears this name. */
export class PolicyNameTakenError extends XenkeepError {
  readonly code = 'POLICY_NAME_TAKEN'
  constructor(name: string) {
    super(`There is another policy called "${name}".`, {
      advice: 'Choose another name; capitals make no difference.',
    })
  }
}
