import { Recipe } from '#core/contracts/recipes.ts'
import adDomainController from './ad-domain-controller.json' with { type: 'json' }
import citrixLicenceServer from './citrix-licence-server.json' with { type: 'json' }
import command from './command.json' with { type: 'json' }
import cvadSite from './cvad-site.json' with { type: 'json' }
import files from './files.json' with { type: 'json' }
import linuxSystem from './linux-system.json' with { type: 'json' }
import postgresql from './postgresql.json' with { type: 'json' }
import sambaAdDc from './samba-ad-dc.json' with { type: 'json' }
import sqlServer from './sql-server.json' with { type: 'json' }
import storefront from './storefront.json' with { type: 'json' }
import windowsBareMetal from './windows-bare-metal.json' with { type: 'json' }
import windowsFiles from './windows-files.json' with { type: 'json' }
import windowsSystemState from './windows-system-state.json' with { type: 'json' }

/** The recipes that come with the product, by name. */
export const recipes: ReadonlyMap<string, Recipe> = new Map(
  [
    adDomainController,
    citrixLicenceServer,
    command,
    cvadSite,
    files,
    linuxSystem,
    postgresql,
    sambaAdDc,
    sqlServer,
    storefront,
    windowsBareMetal,
    windowsFiles,
    windowsSystemState,
  ].map(recipe => [recipe.name, Recipe.parse(recipe)]),
)
