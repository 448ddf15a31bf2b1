import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { closeAfter, type Scope } from './closing.ts'

/** New files that are made to get a certain inode. */
const inodeTries = 200

/**
 * A temporary folder of log files and the words for what happens to them. Each action is synchronous: when it returns, it has
 * happened, and no other action of this process came in between. Names are relative to the folder.
 */
export class LogDir {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /** A fresh folder, removed at the end of the scope. */
  static create(scope: Scope, prefix = 'logpipe-logs-'): LogDir {
    const path = mkdtempSync(join(tmpdir(), prefix))
    closeAfter(scope, () => rmSync(path, { recursive: true, force: true }))
    return new LogDir(path)
  }

  /** The absolute path of `name`. */
  file(name: string): string {
    return join(this.path, name)
  }

  exists(name: string): boolean {
    return existsSync(this.file(name))
  }

  size(name: string): number {
    return statSync(this.file(name)).size
  }

  inode(name: string): number {
    return statSync(this.file(name)).ino
  }

  /** Appends bytes as they are; makes the file and its folders where missing. */
  append(name: string, data: string | Uint8Array): void {
    mkdirSync(dirname(this.file(name)), { recursive: true })
    appendFileSync(this.file(name), data)
  }

  /** Appends each line with a newline. */
  appendLines(name: string, lines: readonly string[]): void {
    this.append(name, lines.map((line) => `${line}\n`).join(''))
  }

  rename(from: string, to: string): void {
    renameSync(this.file(from), this.file(to))
  }

  /** Rotation by move-create, as logrotate does it: `x.1` → `x.2` …, `x` → `x.1`, and a new empty `x`. Keeps `keep` old files. */
  rotate(name: string, keep = Infinity): void {
    this.rotateAway(name, keep)
    writeFileSync(this.file(name), '')
  }

  /** The first half of a rotation: `x` is `x.1` now, and whoever writes to it has still to open a new `x`. */
  rotateAway(name: string, keep = Infinity): void {
    this.#shift(name, keep)
    this.rename(name, `${name}.1`)
  }

  /** Rotation by copytruncate: `x` is copied to `x.1` (older ones move up) and then cut to nothing. */
  copyTruncate(name: string, keep = Infinity): void {
    this.#shift(name, keep)
    this.copyTruncateTo(name, `${name}.1`)
  }

  /** Rotation by copytruncate with a copy of any name: outside the globs, in another folder. */
  copyTruncateTo(name: string, copy: string): void {
    mkdirSync(dirname(this.file(copy)), { recursive: true })
    copyFileSync(this.file(name), this.file(copy))
    this.truncate(name)
  }

  truncate(name: string, size = 0): void {
    truncateSync(this.file(name), size)
  }

  /** Makes the file longer without writing to it: a hole, which reads as NUL bytes and takes no room on the disk. */
  extend(name: string, bytes: number): void {
    this.truncate(name, this.size(name) + bytes)
  }

  /** What logrotate's `compress` does: `x` becomes `x.gz` or `x.zst`, another file, and is gone itself. */
  compress(name: string, form: 'gzip' | 'zstd'): void {
    const whole = readFileSync(this.file(name))
    if (form === 'gzip') writeFileSync(this.file(`${name}.gz`), gzipSync(whole))
    else writeFileSync(this.file(`${name}.zst`), zstdCompressSync(whole))
    this.remove(name)
  }

  /** Puts a new file with this content in the place of `name` in one step: another inode under the same name. */
  replace(name: string, content: string | Uint8Array): void {
    writeFileSync(this.file(`${name}.new`), content)
    this.rename(`${name}.new`, name)
  }

  remove(name: string): void {
    rmSync(this.file(name))
  }

  /**
   * Deletes the file and makes a new one that has its inode, as ext4 gives the one that was freed last. Returns false where the file
   * system gave another one each time: it does not use them again, or somebody holds the old file open.
   */
  recreateSameInode(name: string, content: string | Uint8Array): boolean {
    const inode = this.inode(name)
    this.remove(name)
    const others: string[] = []
    try {
      for (; others.length < inodeTries; others.push(`${name}.other${others.length}`)) {
        writeFileSync(this.file(name), content)
        if (this.inode(name) === inode) return true
        // Kept until the end, so that the next one gets another inode.
        this.rename(name, `${name}.other${others.length}`)
      }
      writeFileSync(this.file(name), content)
      return false
    } finally {
      for (const other of others) this.remove(other)
    }
  }

  hardLink(from: string, to: string): void {
    linkSync(this.file(from), this.file(to))
  }

  /** Makes `name` a symbolic link to `target`, in one step also where `name` is there already. */
  symlink(target: string, name: string): void {
    symlinkSync(target, this.file(`${name}.new`))
    this.rename(`${name}.new`, name)
  }

  chmod(name: string, mode: number): void {
    chmodSync(this.file(name), mode)
  }

  /** Takes all rights away, or gives them back. NOTE: root reads on regardless. */
  setReadable(name: string, readable: boolean): void {
    chmodSync(this.file(name), readable ? 0o644 : 0o000)
  }

  #shift(name: string, keep: number): void {
    let last = 0
    while (this.exists(`${name}.${last + 1}`)) last++
    for (; last >= 1; last--) {
      if (last >= keep) this.remove(`${name}.${last}`)
      else this.rename(`${name}.${last}`, `${name}.${last + 1}`)
    }
  }
}
