"""A seal against writable exports of other processes (R6).

The object is open in snapshot 1 and sealed in 2. `content` counts in-place stores, `sum` is the checksum that the
sealing commit stores. Exporters and the sealer may be killed at any step.
"""

from explore import Bad, changed, explore


def sealing(mutants=(), processes=2, kills=1):
    mutants = set(mutants)
    initial = dict(published=1, slot=1, content=0, sum=-1, shared=frozenset(), exclusive=False, sealer='start',
                   kills=kills)
    initial.update(('p%d' % index, 'resolve') for index in range(processes))

    def sealer_steps(state, go):
        pc, early_sum = state['sealer'], 'sum before the lock' in mutants
        if pc == 'start' and early_sum:
            go('S sum', sum=state['content'], sealer='lock')
        elif pc in ('start', 'lock'):
            then = 'slot' if early_sum else 'sum'
            if state['shared']:
                go('S range busy: pinned', sealer='done')
            elif 'range only tested' in mutants:
                go('S GETLK range: free', sealer=then)
            else:
                go('S SETLK exclusive', exclusive=True, sealer=then)
        elif pc == 'sum':
            go('S sum', sum=state['content'], sealer='slot')
        elif pc == 'slot' and 'unlocks early' in mutants and state['exclusive']:
            go('S unlock', exclusive=False)
        elif pc == 'slot':
            go('S slot 2', slot=2, sealer='publish')
        elif pc == 'publish':
            go('S publish 2', published=2, sealer='unlock')
        elif pc == 'unlock':
            go('S unlock', exclusive=False, sealer='done')
        elif pc == 'dead':
            go('S2 opens', published=state['slot'], sealer='done')
        if state['kills'] and pc not in ('done', 'dead'):
            go('S kill -9', exclusive=False, sealer='dead', kills=0)

    def exporter_steps(state, index, go):
        pc, name = state['p%d' % index], 'p%d' % index

        def to(label, then, **new):
            new[name] = then
            go('P%d %s' % (index, label), **new)

        if pc == 'resolve':
            to('descriptor at %d' % state['published'], 'lock' if state['published'] == 1 else 'done')
        elif pc == 'lock' and state['exclusive']:
            to('SETLK refused: busy', 'done')
        elif pc == 'lock':
            to('SETLK shared', 'store' if 'no recheck' in mutants else 'recheck published',
               shared=state['shared'] | {index})
        elif pc == 'recheck published':
            then = 'store' if 'rechecks published only' in mutants else 'recheck slots'
            to('recheck published %d' % state['published'], then if state['published'] == 1 else 'unlock')
        elif pc == 'recheck slots':
            to('recheck slots %d' % state['slot'], 'store' if state['slot'] == 1 else 'unlock')
        elif pc in ('store', 'store again'):
            to('store', 'store again' if pc == 'store' else 'unlock', content=state['content'] + 1)
        elif pc == 'unlock':
            to('unlock', 'done', shared=state['shared'] - {index})
        if pc in ('recheck published', 'recheck slots', 'store', 'store again'):
            to('kill -9', 'done', shared=state['shared'] - {index})

    def step(state):
        if state['slot'] == 2 and state['content'] != state['sum']:
            raise Bad('a sealed object changed after its checksum', '')
        successors = []

        def go(label, **new):
            successors.append((label, changed(state, **new)))

        sealer_steps(state, go)
        for index in range(processes):
            exporter_steps(state, index, go)
        return successors

    def final(state):
        return 'LEAK: locks after all ended' if state['shared'] or state['exclusive'] else None

    return explore(initial, step, final) + ('',)
