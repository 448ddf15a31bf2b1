import type { Unwrapper } from '../stages.ts'
import { CriUnwrapper } from './cri.ts'
import { DockerUnwrapper } from './docker.ts'

/** An unwrapper of the container runtime's format. */
export function makeUnwrapper(container: 'docker' | 'cri'): Unwrapper {
  return container === 'docker' ? new DockerUnwrapper() : new CriUnwrapper()
}
