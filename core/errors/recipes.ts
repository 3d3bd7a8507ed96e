import { XenkeepError } from './base.ts'

/** No recipe of this name on the guest, or not in the version that was asked for. */
export class RecipeUnknownError extends XenkeepError {
  readonly code = 'RECIPE_UNKNOWN'
  constructor(name: string, has: string) {
    super(`This guest cannot run the recipe "${name}": ${has}`, {
      advice:
        'Name a recipe that "xenkeep guests" lists for the guest, or put its file into the folder "recipesDir" of the guest\'s settings.',
    })
  }
}

/** A recipe that cannot be used as it is written. */
export class RecipeInvalidError extends XenkeepError {
  readonly code = 'RECIPE_INVALID'
  constructor(where: string, why: string, cause?: unknown) {
    super(`The recipe ${where} cannot be used: ${why}`, {
      advice: 'Correct what is named; docs/recipes.md tells how a recipe is made.',
      cause,
    })
  }
}

/** A job asks for more than the guest's own settings allow. Nothing was run. */
export class RecipeNotAllowedError extends XenkeepError {
  readonly code = 'RECIPE_NOT_ALLOWED'
  constructor(recipe: string, what: string) {
    super(`The settings of this guest do not allow ${what} of the recipe "${recipe}".`, {
      advice: `If it is wanted, allow it on the guest itself, in settings.json under "guest", "recipes", "${recipe}"; nobody else can.`,
    })
  }
}

/** A recovery point of another guest would be restored, and the settings of this one do not take it. */
export class RecipePointForeignError extends XenkeepError {
  readonly code = 'RECIPE_POINT_FOREIGN'
  constructor(recipe: string, guest: { uuid: string; name: string }) {
    super(
      `The recovery point was saved on the guest "${guest.name}" (${guest.uuid}), and the settings of this guest take nothing of it.`,
      {
        advice: `If it is meant to come here, name that UUID on this guest, in settings.json under "guest", "recipes", "${recipe}", "restoreFrom"; nobody else can.`,
      },
    )
  }
}

/** A parameter of a recipe is unknown, missing, or not what it should be. */
export class RecipeParameterError extends XenkeepError {
  readonly code = 'RECIPE_PARAMETER'
  constructor(recipe: string, parameter: string, why: string) {
    super(`The parameter "${parameter}" of the recipe "${recipe}" ${why}.`, {
      advice: 'Correct it in the policy, in the restore, or in the settings of the guest.',
    })
  }
}

/** A secret that a recipe needs is not named in the guest's settings. */
export class RecipeSecretMissingError extends XenkeepError {
  readonly code = 'RECIPE_SECRET_MISSING'
  constructor(recipe: string, secret: string) {
    super(`The recipe "${recipe}" needs the secret "${secret}", which this guest does not have.`, {
      advice: `Write it into a file of mode 0600 on the guest and name the file in settings.json under "guest", "recipes", "${recipe}", "secrets".`,
    })
  }
}

/** A recipe is for another system, or asks for something that the guest's system does not have. */
export class RecipeUnfitError extends XenkeepError {
  readonly code = 'RECIPE_UNFIT'
  constructor(recipe: string, why: string) {
    super(`The recipe "${recipe}" does not fit this guest: ${why}`, {
      advice: 'Choose a recipe that is made for the system of the guest.',
    })
  }
}

/** What a recipe brought to rest before is not released yet, so it is not brought to rest again. */
export class RecipeNotReleasedError extends XenkeepError {
  readonly code = 'RECIPE_NOT_RELEASED'
  constructor(recipe: string) {
    super(
      `What the recipe "${recipe}" brought to rest before is not released yet, and nothing is brought to rest over it.`,
      {
        advice:
          'The agent tries the release again every quarter of an hour and when it starts; "xenkeep guests show GUEST" tells what stands in its way.',
      },
    )
  }
}

/** A recipe was taken from the settings of the guest while something that it brought to rest is not released. */
export class RecipeNoLongerAllowedError extends XenkeepError {
  readonly code = 'RECIPE_NO_LONGER_ALLOWED'
  constructor(recipe: string) {
    super(
      `The settings of this guest do not allow the recipe "${recipe}" any more, so its phase "release" is not run.`,
      {
        advice: `Put "${recipe}" back into settings.json under "guest", "recipes" until it is released, or release it by hand as the recipe tells under "release" (docs/recipes.md).`,
      },
    )
  }
}

/** A step of a recipe did not do its work. */
export class RecipeStepFailedError extends XenkeepError {
  readonly code = 'RECIPE_STEP_FAILED'
  constructor(step: string, does: string, why: string, cause?: unknown) {
    super(`The step "${step}" (${does}) failed: ${why}`, {
      advice: 'Correct on the guest what it complains of, then run it again.',
      cause,
    })
  }
}

/** A step of a recipe took longer than it may; what it had started was ended. */
export class RecipeStepTimeoutError extends XenkeepError {
  readonly code = 'RECIPE_STEP_TIMEOUT'
  constructor(step: string, does: string, seconds: number) {
    super(
      `The step "${step}" (${does}) was ended after ${seconds} s, with everything that it had started.`,
      {
        advice:
          'See on the guest what it waits for. Where it simply needs longer, a recipe of your own can give it more time.',
      },
    )
  }
}

/** The folder for what a recipe writes on its way has too little room. */
export class StagingFullError extends XenkeepError {
  readonly code = 'STAGING_FULL'
  constructor(folder: string, why: string) {
    super(`There is too little room in ${folder}: ${why}`, {
      advice:
        'Free some space there, or move the data directory of the agent to a larger disk. What was written on the way is removed again.',
    })
  }
}

/** A database does not let the agent in. */
export class DatabaseLoginRefusedError extends XenkeepError {
  readonly code = 'DATABASE_LOGIN_REFUSED'
  constructor(said: string) {
    super(`The database server refused the login: ${said}`, {
      advice:
        'Check the user in the recipe\'s parameters and its password in the file that the guest\'s settings name under "secrets".',
    })
  }
}

/** A database that is to be saved or restored is not there. */
export class DatabaseNotFoundError extends XenkeepError {
  readonly code = 'DATABASE_NOT_FOUND'
  constructor(said: string) {
    super(`The database is not there: ${said}`, {
      advice:
        'Correct its name in the policy or the restore; leave the list of databases out to save all.',
    })
  }
}

/** A database that is to be replaced is in use. */
export class DatabaseInUseError extends XenkeepError {
  readonly code = 'DATABASE_IN_USE'
  constructor(said: string) {
    super(`The database is in use, so it was not replaced: ${said}`, {
      advice:
        'Stop what works with it (pg_stat_activity names it), then let the restore go on from this step.',
    })
  }
}

/** The programs on the guest are older than the server, or than the dump. */
export class DatabaseProgramOlderError extends XenkeepError {
  readonly code = 'DATABASE_PROGRAM_OLDER'
  constructor(said: string) {
    super(`The programs of PostgreSQL on this guest are too old for it: ${said}`, {
      advice:
        'Install the client programs of the version of the server, or of a newer one, and put them first into the PATH of the agent.',
    })
  }
}

/** No database server answers where it should. */
export class DatabaseUnreachableError extends XenkeepError {
  readonly code = 'DATABASE_UNREACHABLE'
  constructor(said: string) {
    super(`The database server does not answer: ${said}`, {
      advice: 'Start it, or correct server and port in the parameters of the recipe.',
    })
  }
}

/** A database would be restored into a server that is older than the one it was saved from. */
export class ServerOlderError extends XenkeepError {
  readonly code = 'DATABASE_SERVER_OLDER'
  constructor(saved: string, here: string) {
    super(
      `The databases were saved from version ${saved}, and the server here is ${here}, which is older.`,
      {
        advice:
          'Restore into a server of the same version or a newer one. If you know that this one takes them, ask again and set the rule "server-not-older" aside with your reason.',
      },
    )
  }
}

/** A component cannot be saved or restored by what is known of its recovery point. */
export class ComponentPointUnfitError extends XenkeepError {
  readonly code = 'COMPONENT_POINT_UNFIT'
  constructor(pointId: string, why: string) {
    super(`The recovery point ${pointId} cannot be restored here: ${why}`, {
      advice:
        'Choose another recovery point of the component, or restore its content into a folder (target "folder").',
    })
  }
}
