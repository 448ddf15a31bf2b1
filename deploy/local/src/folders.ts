import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout's root, seen from src/ and from dist/ alike. */
export const checkout = fileURLToPath(new URL('../../../', import.meta.url))

/** What this package ships beside its code: poms, launcher, log settings. */
export const assets = join(checkout, 'deploy/local')

/** Where the checkout keeps all that it makes; never in git. */
export const localFolder = join(checkout, '.local')

/** Downloaded servers, shared by every stack of this checkout. */
export const libraryFolder = join(localFolder, 'lib')
