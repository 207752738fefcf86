"""Locks across fork(), rule R7 as first proposed: acquirers go on during the fork and lock the bridge as well.

The library freezes its table instead (fork.py); this model shows what the window would need. Thread T exports block 0
and releases while M forks. D1 is the parent's description, D2 the bridge, D3 the child's own. Mutant `as written`: no
window, and the child keeps D2.
"""

from explore import Bad, changed, explore


class ForkWindow:
    def __init__(self, mutants=(), exported=False):
        self.mutants = set(mutants)
        self.written = 'as written' in self.mutants
        self.initial = dict(
            published=10, content=1, d1=frozenset('r' if exported else ''), d2=frozenset(), d3=frozenset(),
            refs1=frozenset('P'), refs2=frozenset(), refs3=frozenset(), pin='free',
            range='held' if exported else 'free', window=False, M='prepare',
            T=('use',) if exported else ('begin',), child=('none',), writer='publish', parent_kills=1)

    @staticmethod
    def locked(state, byte):
        return any(byte in state['d' + each] and state['refs' + each] for each in '123')

    def writer_steps(self, state, go):
        if state['writer'] == 'publish':
            go('W publish 11', published=11, writer='pins')
        elif state['writer'] == 'pins':
            go('W GETLK pins', writer='pins' if self.locked(state, 'p') else 'range')
        elif state['writer'] == 'range':
            go('W GETLK range', writer='pins' if self.locked(state, 'r') else 'use')
        elif state['writer'] == 'use':
            go('W reuses block 0', content=2, writer='done')

    def fork_steps(self, state, go):
        copied = ('locking', 'held')
        if state['M'] == 'prepare':
            go('M window, open D2', window=not self.written, refs2=frozenset('P'), M='copy range')
        elif state['M'] == 'copy range':
            go('M copy range', M='copy pin', d2=state['d2'] | ({'r'} if state['range'] in copied else set()))
        elif state['M'] == 'copy pin':
            go('M copy pin', M='fork', d2=state['d2'] | ({'p'} if state['pin'] in copied else set()))
        elif state['M'] == 'fork':
            go('M fork', M='after', child=('start', state['range']), refs1=state['refs1'] | {'C'},
               refs2=state['refs2'] | {'C'})
        elif state['M'] == 'after':
            go('M close D2', M='done', window=False, refs2=state['refs2'] - {'P'})
        if state['parent_kills'] and state['M'] in ('after', 'done'):
            go('P kill -9', parent_kills=0, refs1=state['refs1'] - {'P'}, refs2=state['refs2'] - {'P', 'T'})

    def thread_steps(self, state, go):
        here = state['T']
        pc, window = here[0], state['window'] and 'no window' not in self.mutants
        held_bridge = state['refs2'] | {'T'} if window else state['refs2']

        def to(label, *then, **new):
            go('T ' + label, T=then, **new)

        if pc == 'begin':
            to('T0', *(('count pin',) if state['published'] == 10 else ('done',)))
        elif pc == 'count pin':
            to('count pin', 'lock pin', window, pin='locking', refs2=held_bridge)
        elif pc == 'lock pin':
            to('SETLK D1 pin', 'pin held', here[1], d1=state['d1'] | {'p'})
        elif pc == 'pin held':
            bridge = dict(d2=state['d2'] | {'p'}, refs2=state['refs2'] - {'T'}) if here[1] else {}
            to('pin held', 'second load', pin='held', **bridge)
        elif pc == 'second load':
            to('T=%d' % state['published'], *(('count range',) if state['published'] == 10 else ('drop pin', 'done')))
        elif pc == 'count range':
            to('count range', 'lock range', window, range='locking', refs2=held_bridge)
        elif pc == 'lock range':
            to('SETLK D1 range', 'range held', here[1], d1=state['d1'] | {'r'})
        elif pc == 'range held':
            bridge = dict(d2=state['d2'] | {'r'}, refs2=state['refs2'] - {'T'}) if here[1] else {}
            to('range held', 'drop pin', 'use', range='held', **bridge)
        elif pc == 'drop pin':
            to('pin free', 'unlock pin', here[1], pin='free')
        elif pc == 'unlock pin':
            to('UNLCK D1 pin', here[1], d1=state['d1'] - {'p'})
        elif pc == 'use':
            if state['content'] != 1:
                raise Bad('parent uses a reused block', 'T use')
            to('use', 'release')
        elif pc == 'release':
            to('range free', 'unlock range', range='free')
        elif pc == 'unlock range':
            to('UNLCK D1 range', 'done', d1=state['d1'] - {'r'})

    def child_steps(self, state, go):
        here, mutants = state['child'], self.mutants

        def to(label, *then, **new):
            go('C ' + label, child=then, **new)

        refs1 = state['refs1'] if 'child keeps D1' in mutants else state['refs1'] - {'C'}
        own = dict(refs3=frozenset('C'), d3=frozenset('r') if here[-1] == 'held' else frozenset())
        if here[0] == 'start' and 'child unlocks on D1' in mutants:
            to('UNLCK all on D1', 'open', here[1], d1=frozenset())
        elif here[0] == 'start' and self.written:
            to('keep D2, close D1', 'use', here[1], refs1=refs1)
        elif here[0] == 'start' and 'bridge closed first' in mutants:
            to('close D2, D1', 'open late', here[1], refs1=state['refs1'] - {'C'}, refs2=state['refs2'] - {'C'})
        elif here[0] in ('start', 'open'):
            to('open D3, lock held entries', 'close', here[1], **own)
        elif here[0] == 'open late':
            to('open D3, lock', 'use', here[1], **own)
        elif here[0] == 'close':
            refs2 = state['refs2'] if 'child keeps the bridge' in mutants else state['refs2'] - {'C'}
            to('close D2, D1', 'use', here[1], refs1=refs1, refs2=refs2)
        elif here[0] == 'use':
            if here[1] == 'held' and state['content'] != 1:
                raise Bad("child's view is of a reused block", 'C use')
            to('use', 'release')
        elif here[0] == 'release':
            to('release view', 'idle', d3=frozenset(), d2=frozenset() if self.written else state['d2'])

    def step(self, state):
        successors = []

        def go(label, **new):
            successors.append((label, changed(state, **new)))

        self.writer_steps(state, go)
        if 'P' in state['refs1']:
            self.fork_steps(state, go)
            self.thread_steps(state, go)
        self.child_steps(state, go)
        return successors

    def final(self, state):
        ended = 'P' not in state['refs1'] or (state['T'] == ('done',) and state['M'] == 'done')
        if state['child'] == ('idle',) and ended and (self.locked(state, 'p') or self.locked(state, 'r')):
            return 'LEAK: locks live though no view does'
        return None


def fork_window(mutants=(), exported=False):
    model = ForkWindow(mutants, exported)
    return explore(model.initial, model.step, model.final) + ('',)
