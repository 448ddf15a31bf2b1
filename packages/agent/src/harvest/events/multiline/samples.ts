/** Stack traces as runtimes print them, each one event, for tests. */
export const traces: Record<'java' | 'python' | 'go' | 'node', readonly string[]> = {
  java: [
    `java.lang.Exception: outer
	at M.main(M.java:8)
	at java.base/java.lang.reflect.Method.invoke(Method.java:569)
Caused by: M$Kaputt: broken
	at M.main(M.java:7)
	... 7 more
Caused by: java.lang.IllegalArgumentException: first
  Position: 8
	at M.f(M.java:4)
	... 7 more
	Suppressed: java.lang.IllegalStateException: close
		at M$R.close(M.java:3)
		... 9 more`,
    `Exception in thread "main" M$Kaputt: broken
	at M.main(M.java:7)`,
    `2026-11-21 01:02:03,004 ERROR [main] o.e.Shop - java.lang.OutOfMemoryError: Java heap space
	at java.base/java.util.Arrays.copyOf(Arrays.java:3537) ~[na:na]
	at org.example.Shop.main(Shop.java:7) ~[shop.jar:1.0]
	... 12 common frames omitted
Wrapped by: org.example.ShopException: closed
	at org.example.Shop.open(Shop.java:1)`,
    `javax.servlet.ServletException: refused

	at org.example.Filter.doFilter(Filter.java:12)`,
    `org.springframework.jdbc.BadSqlGrammarException: bad SQL
nested exception is:
java.sql.SQLSyntaxErrorException: unknown column
	at com.mysql.cj.jdbc.Driver.run(Driver.java:1)`,
    `kotlinx.coroutines.flow.Kaputt
	at _COROUTINE._BOUNDARY._(CoroutineDebugging.kt:42)
	(Coroutine boundary)
	at org.example.MainKt.main(Main.kt)`,
  ],
  python: [
    `Traceback (most recent call last):
  File "/srv/a.py", line 3, in f
    {}['k']
    ~~^^^^^
KeyError: 'k'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/a.py", line 5, in f
    raise ValueError('bad') from e
ValueError: bad

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/a.py", line 8, in <module>
    except ValueError: 1/0
                       ~^~
  [Previous line repeated 996 more times]
ZeroDivisionError: division by zero`,
    `ERROR:root:Traceback (most recent call last):
  File "/srv/a.py", line 1, in <module>
    time.sleep(9)
KeyboardInterrupt`,
    `Exception in thread Thread-1 (work):
Traceback (most recent call last):
  File "/usr/lib/python3.12/threading.py", line 1073, in _bootstrap_inner
    self.run()
shop.errors.Sold.<locals>.Out: none left
  a note of two words`,
    `KeyError: 'k'`.replace(/^/, 'Traceback (most recent call last):\n  File "<stdin>", line 1, in <module>\n') +
      `

During handling of the above exception, another exception occurred:

  + Exception Group Traceback (most recent call last):
  |   File "/srv/a.py", line 10, in <module>
  |     raise ExceptionGroup('many', [e])
  | ExceptionGroup: many (1 sub-exception)
  +-+---------------- 1 ----------------
    | TypeError: t
    +------------------------------------`,
    `  + Exception Group Traceback (most recent call last):
  | ExceptionGroup: many (1 sub-exception)
  +-+---------------- 1 ----------------
    | TypeError: t
    +------------------------------------

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/a.py", line 12, in <module>
RuntimeError: last`,
  ],
  go: [
    `panic: runtime error: index out of range [5] with length 0

goroutine 1 [running]:
main.(*T).boom(...)
	/srv/m.go:4
main.main()
	/srv/m.go:7 +0x2cb
exit status 2`,
    `panic: runtime error: invalid memory address or nil pointer dereference [recovered]
	panic: again runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x65b38c]

goroutine 1 [running]:
main.main.func2()
	/srv/m.go:8 +0x5b
panic({0x6f3ee0?, 0x9f4630?})
	/usr/local/go/src/runtime/panic.go:860 +0x13a
main.main()
	/srv/m.go:8 +0xac

goroutine 34 [select, 5 minutes]:
net/http.(*persistConn).writeLoop(0xc0000f2000)
	/usr/local/go/src/net/http/transport.go:2458 +0xf2
created by net/http.(*Transport).dialConn in goroutine 9
	/usr/local/go/src/net/http/transport.go:1800 +0x1585`,
    `2026/11/21 01:22:05 http: panic serving 127.0.0.1:50580: served
goroutine 18 [running]:
net/http.(*conn).serve.func1()
	/usr/local/go/src/net/http/server.go:1897 +0xbd
created by net/http.(*Server).Serve in goroutine 8
	/usr/local/go/src/net/http/server.go:3464 +0x485`,
    `fatal error: all goroutines are asleep - deadlock!

goroutine 1 [chan receive]:
main.main()
	/srv/m.go:9 +0x2a`,
    `runtime: goroutine stack exceeds 1000000000-byte limit
runtime: sp=0xc0200e0390 stack=[0xc0200e0000, 0xc0400e0000]
fatal error: stack overflow

runtime stack:
runtime.throw({0x474bf1?, 0x0?})
	/usr/local/go/src/runtime/panic.go:1077 +0x48

goroutine 1 gp=0xc000002380 m=0 mp=0x4f9dc0 [running]:
main.f(0x1)
	/srv/m.go:10 +0x29
...14913023 frames elided...
main.main()
	/srv/m.go:10 +0x2a`,
    `SIGQUIT: quit
PC=0x48bee3 m=0 sigcode=0

goroutine 20 gp=0x24e3d6900780 m=nil [cleanup wait]:
runtime.gopark(0x0?, 0x0?, 0x0?, 0x0?, 0x0?)
	/usr/local/go/src/runtime/proc.go:462 +0xce fp=0x24e3d689ef68 sp=0x24e3d689ef48 pc=0x48302e

rax    0xca
r8     0x0
rflags 0x286`,
  ],
  node: [
    `Error: outer
    at Object.<anonymous> (/srv/b.js:1:9)
    ... 4 lines matching cause stack trace ...
    at node:internal/main/run_main_module:28:49 {
  code: 'E1',
  [cause]: TypeError: inner
      at Module.load (node:internal/modules/cjs/loader:1266:32)
}`,
    `AggregateError: agg
    at node:internal/main/run_main_module:28:49 {
  [errors]: [
    Error: a
        at Object.<anonymous> (/srv/b.js:2:53),
    Error: b
        at Object.<anonymous> (/srv/b.js:2:68)
  ]
}`,
    `AssertionError [ERR_ASSERTION]: Expected values to be strictly deep-equal:
+ actual - expected

  {
+   a: 1
-   a: 2
  }
    at Object.<anonymous> (/srv/b.js:3:23) {
  generatedMessage: true,
  code: 'ERR_ASSERTION'
}`,
    `AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:

1 !== 2

    at Object.<anonymous> (/srv/b.js:4:23)`,
    `Error: Cannot find module 'nope'
Require stack:
- /srv/b.js
    at Module._resolveFilename (node:internal/modules/cjs/loader:1207:15) {
  code: 'MODULE_NOT_FOUND',
  requireStack: [ '/srv/b.js' ]
}`,
    `/srv/b.js:7
throw e
^

Error: outer
    at Object.<anonymous> (/srv/b.js:1:9)

Node.js v24.11.0`,
    `/srv/c.js:1
throw 'x'
^
x
(Use \`node --trace-uncaught ...\` to show where the exception was thrown)

Node.js v24.11.0`,
    `node:internal/process/promises:394
      triggerUncaughtException(err, true /* fromPromise */);
      ^

[UnhandledPromiseRejection: This error originated by throwing inside of an async function without a catch block.] {
  code: 'ERR_UNHANDLED_REJECTION'
}

Node.js v24.11.0`,
    `2026-11-21T01:02:03Z ERROR TypeError: Cannot read properties of undefined (reading 'x')
    at Shop.open (file:///srv/shop.js:3:4)
    at async main (file:///srv/main.js:1:1)`,
  ],
}

/** Lines of ordinary logs: none is part of a trace in any language. */
export const ordinary: readonly string[] = [
  '2026-11-21 01:02:03,004 INFO  [main] o.e.Shop - open: 12 of 12 (100 %)',
  '127.0.0.1 - - [21/Nov/2026:01:02:03 +0000] "GET /errors?page=1 HTTP/1.1" 200 2326',
  '{"level":"info","msg":"Exceptions: none"}',
  'done(ok)',
  'größe: 漢字 😀',
]
