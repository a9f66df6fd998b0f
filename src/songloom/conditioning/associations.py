"""What people think of at a style or a mood: places, people, clothes, moments, dances, neighbours of its name.

Short words beside the sentences of the glossary. Wordings that the band's held-out prompts use are left out here too.
"""

from __future__ import annotations

from songloom.conditioning.glossary import split_phrases

STYLES: dict[str, tuple[str, ...]] = {
    "solo piano": split_phrases(
        """
        keyboardist by herself; one pair of hands on the keys; pianist; pianistic; only the piano; piano and
        nothing more; nothing but piano; a single piano; unadorned piano; Romantic piano; impressionist piano;
        nocturne; prelude; sonata; étude; bagatelle; keyboard miniature; grand with the lid open; Beethoven
        sonata; Mozart at the keyboard; Brahms intermezzo; Grieg lyric piece; ivories; tinkling the ivories; Joe
        Hisaishi at the piano; music for ten fingers; keyboard alone, rubato; someone at the piano in the next
        room; piano after midnight; two hands on black and white keys; rolled left-hand tenths; una corda;
        keyboard waltz-less reverie for one; concert pianist in tails; silent-film pianist; student
        sight-reading at the upright; piano in a living room; piano by the window; unaccompanied keyboard ballad
        without words; keys and pedals; song without words; intermezzo; fantasia for keyboard; black-key study;
        theme and variations at the keyboard; accompanist with nobody to accompany; composer at his desk piano;
        piano sketchbook; modern classical piano; romantic-era keyboard piece; Warsaw recital; Viennese
        fortepiano; Ukrainian grand piano recital; parlour piano; detuned pub upright played by one; ragtime
        solo; boogie for left hand alone; pianist warming up before the concert; soft keyboard for studying;
        spa-like piano; keys for a first dance; piano cover; instrumental keyboard version; the piano tuner
        tries a few chords; melody and Alberti bass on one instrument; struck strings and felt; octaves
        thundering up the keyboard; pearl-like runs in the right hand; minimalist repeated piano figures; piano
        loop, no beat; wordless piano diary; practising scales; Hanon exercises; a lone keyboard in the dark;
        ivory and ebony keys, nothing added; quiet hands wandering over the keyboard; evening at the keyboard;
        piano thoughts before bed; rippling keyboard figuration; melody in octaves over broken chords; sombre
        left-hand chords; sparse piano notes; dampers lifted, notes hang in the air; improvising alone at the
        keys; a child's first recital; piano bar closing time, one player; keyboard variations; tender keyboard
        miniature; reflective keys; contemplative pianist; unhurried keyboard arpeggios; keyboard toccata by one
        player; virtuoso keyboard runs; gentle pianism
        """
    ),
    "solo guitar": split_phrases(
        """
        a single guitar; only a guitar; guitar and nothing more; nothing but guitar; one acoustic guitar;
        solitary guitarist; unplugged guitar; strummer on the beach; six strings and two hands; flamenco;
        classical guitarist; bard with a guitar; nylon strings; parlour guitar; fingerpicking; guitar étude; one
        guitar under a palm tree; nylon and fingernails; six strings alone; strumming by myself; guitar on my
        lap in the kitchen; a busker with an acoustic; guitar teacher demonstrating; classical etude on nylon
        strings; bolero for one guitar; malagueña; soleá; bulerías by one player; romance for guitar; tango
        arranged for one guitar; Catalan folk song on guitar; luthier testing a new instrument; steel-string
        lament; twelve-string alone; baritone acoustic alone; bottleneck acoustic by itself; hammer-ons and
        pull-offs; ringing open strings; plucked bass and treble on one instrument; fretboard study; strummed
        chords with no singing; unplugged instrumental by one man; campsite guitarist; balcony guitar at siesta;
        tapas bar guitarist; guitarist in the plaza; Cordoba patio; Lisbon alley guitar; Brazilian solo violão;
        Renaissance lute-like guitar; acoustic interlude on the record; guitar intro with nothing else; wooden
        body, wound strings; calluses and frets; gentle picking before sleep; lonely drifter with his guitar;
        plucked strings by one hand, fretted by the other; hammock guitar; a quiet acoustic loop; drop-D
        acoustic picking; Sunday morning acoustic guitar; bedroom acoustic guitar demo; soft plucking for
        reading; wistful plucking on a wooden guitar; guitarist tuning and dreaming; arpeggiated nylon chords;
        gentle nylon tune; bare acoustic strings; finger-plucked tune in a cottage; guitar solo recital; folk
        guitar alone; Iberian plucking; hand-plucked strings by the sea; acoustic pieces for one; bossa-free
        nylon miniature; acoustic strings at dawn; a traveller with only a guitar; steel strings ringing in an
        empty room; soft thumb bass and treble melody; guitar sketch; classical plucked miniature
        """
    ),
    "solo harp": split_phrases(
        """
        a single harp; only a harp; harp and nothing more; nothing but harp; solitary harpist; angel's
        instrument; heaven; harp strings; glissandi; plucked arpeggios; unaccompanied plucking of strings;
        medieval harp; harp étude; the harp by itself; harp lesson; lyre; cherub; heavenly plucks; Greek muse; a
        harp in the garden; strings stroked by an angel; harp by candlelight; one harp and silence; rippling
        plucked chords; waterfall of plucked notes; harp cadenza; wire-strung harp; Celtic harp with no other
        instruments; a harp in the lobby; ethereal plucking; fingertips on long strings; fairy godmother
        entrance; opening of a dream; Egyptian harp; Greek lyre player; King David before Saul; mermaids
        plucking strings; princess with her harp; harp concerto without orchestra; harp therapy; harp for a
        bridal procession; gentle strings plucked for newborns; pluck and shimmer; silvery plucked runs; gilded
        concert instrument; forty-odd strings; pedal changes; étouffés; lap harp; kora-like but European harp;
        Irish harper; blind harper's planxty; Welsh eisteddfod harper; harp arpeggios up and down; cascading
        arpeggio strings; sparkling plucked fountain; soft plucks in a spa; harp prelude; angel choir's
        instrument; delicate harp-like cascades; plucked string fantasy; a maiden at her harp; glistening
        strings of gold; strings swept with both hands; gossamer plucking; harp in the mist; harp by the brook;
        dreamy sweeping strings by one player; queen's chamber harpist; bard in the great hall; plucked heaven;
        crystalline plucked notes; plucked strings, rolling and liquid; liquid arpeggios; harp music for a
        ceremony
        """
    ),
    "solo flute": split_phrases(
        """
        a single flute; only a flute; flute and nothing more; nothing but flute; solitary flute player; woodwind
        by itself; breath and wood; whistle of a shepherd; flute étude; the flute by itself; unaccompanied
        flautist; bamboo flute; wooden flute; concert flute; panpipes; a bird singing; faun; wind through reeds;
        solo winds; air across a silver tube; flute in the forest; flute on a hilltop; woodwind monologue; wind
        instrument alone; breath and whispers; piper in the meadow; goatherd's pipe; snake charmer alone; Andean
        flute by itself; cane flute; clay flute; nose flute; fife alone; tin pipe alone; bird imitating flute;
        warbling; trills like a lark; nymphs and reeds; Arcadia; dawn over the valley, one flute; zen monk
        blowing bamboo; temple flute; Kyoto garden flute; Indian flute without tabla; Native courting flute;
        desert flute; flute in a canyon; orchestral flautist practising; unaccompanied sonata for flute; French
        school flute; baroque wooden traverse flute alone; high airy melody with nothing beneath; one breath,
        one line; monophonic wind melody; overblown harmonics; breathy vibrato; double-tongued runs; flute
        lesson; meditation flute; flute in the metro tunnel; pastoral pipe; alto flute in the dark; melody blown
        by one player; lonesome wind instrument; pure high tone by itself; a wooden pipe at daybreak; tune piped
        by a herdsman; silver winds alone; hollow bamboo melody; fluttering solo wind; improvised wind melody;
        desolate pipe in the mountains; nature spirit's pipe; pipe of Pan; air through a reed pipe; one
        woodwind, no accompaniment; lyrical woodwind solo; birdsong-like flutter; whispering wind instrument
        """
    ),
    "solo cello": split_phrases(
        """
        a single cello; only a cello; cello and nothing more; nothing but cello; solitary cellist; the cello by
        itself; cello étude; low strings by one player; one cellist on stage; unaccompanied cellist; deep
        strings, one bow; cello suite; baritone voice of the strings; bowing low notes; practising the cello;
        cello in an empty church; one cello, bare walls; bow on gut; low string monologue; cello by the lake; a
        cello and its echo; cello at dusk; suite of dances for one cello; cello courante; cello gigue; cello
        sarabande; bowed tenor voice; dark wooden resonance; long low bow strokes; bowed bass-baritone line;
        fourth finger vibrato on the A string; cello practice room; cello busker under the arch; cello in the
        train station; elegy for low strings alone; cello recital without piano; Bohemian cello; Catalan song of
        the birds; Russian cellist; modern cello pizzicato; scordatura; sul ponticello cello; four-string
        baritone; endpin on a wooden stage; chest-deep bowed notes; warm growling strings by one player; cello
        soliloquy; cello caprice; meditation for a cello; cello theme for a film, alone; ascetic low string
        line; cello prelude; a voice-like cello; rich low strings by one musician; dark velvety bowing; brooding
        low bow; woody tenor strings; deep singing string instrument; a single bow on four low strings; sonorous
        solo strings; lone bowed instrument, deep; expressive deep bowing; low string recitative; big wooden
        instrument held between the legs; baritone melody, bowed; cello musings; bow strokes like breathing
        """
    ),
    "solo violin": split_phrases(
        """
        a single violin; only a violin; violin and nothing more; nothing but violin; solitary violin player; the
        violin by itself; violin étude; unaccompanied violinist; one violinist on stage; high strings, one bow;
        partita; caprice; fiddle by itself; gypsy violin; practising the violin; virtuoso of the bow; violin on
        a rooftop; one violin in the rain; violin in a narrow alley; bow on E string; unaccompanied sonata and
        partita; fiddle without a band; Hungarian fiddler alone; Romanian street violin; Roma violinist; tavern
        violinist; violin lesson; violin audition; prodigy with a quarter-size violin; concertmaster practising;
        high strings alone; double-stopped fugue on four strings; left-hand pizzicato; flying staccato;
        bariolage; harmonics whistling high; singing upper strings; scratchy strings by a beginner; sweet bowed
        soprano; string virtuoso showing off; gut-string solo; Baroque bow by itself; Italian luthier's
        masterpiece; Cremona; Venice by night, one violin; violin at the wedding table; serenading under a
        balcony with a violin; Nordic hardanger alone; a lone string line soaring; violin soliloquy; elegy for
        one bow; caprice in A minor; devil's fiddle; demon fiddler; romance for violin; tearful strings by one
        player; violin cover, no backing; high lonely bow; piercing solo strings; a fiddler's lament; soprano
        strings alone; agile bow work; virtuosic bowing; solo strings in the upper register; a violin sings;
        tender upper string solo; fast bow and fingers; concert soloist without orchestra; bowed cadenza;
        fiddling in solitude; busking bow; four strings tuned in fifths, one player
        """
    ),
    "music box": split_phrases(
        """
        toys; toy piano; toy shop; children's room; infant; cradle; crib; newborn; baby; toddlers; kindergarten;
        nanny; little girl's bedroom; trinkets; dolls; doll's house; teddy; keepsake; tin toy; rocking horse;
        mobile over the bed; clockwork; winding mechanism; twinkle twinkle little star; bedtime for little ones;
        little tune from a box; lid with a mirror and a dancer; a tune you wind up; tiny metal teeth; cylinder
        with pins; tinkle tinkle; bell-like plucks, mechanical; a toy that plays a tune; sleepy baby; cot;
        bassinet; pram; toddler's nap; pacifier and blanket; storybook opening; grandmother's dresser; antique
        shop curiosity; attic toy chest; automaton; mechanical bird; mechanical doll; ballet dancer figurine;
        crystal ornament that plays; Christmas ornament tune; souvenir from Switzerland; tinny tinkling; plastic
        toy chime; horror film toy tune; music for dolls; miniature carousel; merry-go-round miniature;
        paper-strip crank tune; hand-crank tune; kalimba-like plinks; glockenspiel toy; pixie dust; tooth fairy;
        fairy tale; unicorn mobile; sparkles; innocent tinkles; slow-turning cylinder; clock chimes a tune;
        pocket watch melody; locket that plays; vintage toy; delicate, fragile and bell-like; dainty mechanical
        melody; fragile chimes from a box; twinkly; twinkling little bells; plinking; plink; chiming toy;
        childlike chimes; wind-up; wound by a key; miniature bells; a tiny tune for tiny ears; delicate metal
        plucks; melody from a trinket; sleepy toy chimes; twirling figurine; sweet mechanical plinks; toy tune
        slowing down
        """
    ),
    "church organ": split_phrases(
        """
        church; minster; abbey; basilica; parish; nave and choir stalls; mass; Mass in Latin; religious service;
        sermon; requiem; sacred; ecclesiastical; pious; monks; bishop; priest; altar; pew; steeple; stained
        glass; incense and pipes; hymn; hymnal; evensong; the Vatican; Protestant hymn; Easter vigil; pipes;
        organ pipes; organ recital; organ and incense; bishop enters; high mass; vespers; requiem on the organ;
        bridal entrance; stone vaults; nave and choir; congregation rises; liturgy; religious keyboard; pastor
        waits for the prelude to end; monks and pipes; gothic architecture; Count Dracula at the keys; haunted
        mansion organ; mad scientist at the organ; monumental pipes; pipes thirty-two feet long; diapason;
        principal chorus; swell and great; pedalboard; foot pedals; toccata and fugue; chorale; fugue under
        vaults; passacaglia on the pedals; voluntary; offertory; communion; processional; recessional; hymn
        tune; psalm; parish church; Easter Sunday; Advent; Ash Wednesday; wind-blown pipes; harmonium in the
        village church; portative; theatre-less organ; trumpet stop; full organ; Leipzig church; Lübeck;
        Parisian organ loft; sacred pipes; solemn pipes; church keyboard; sanctuary; pulpit and pipes; Sunday
        morning pipes; praying; cloister; crypt keyboard; saints; devotional; reverent; solemn chords with long
        reverb; papal; Vatican; Rome; big pipes in a big church; wind through pipes; choir loft; holy chords
        """
    ),
    "string quartet": split_phrases(
        """
        chamber ensemble; quartet; four string players; academy of music; music school recital; music students;
        aristocrats' drawing room; parlour of a countess; Viennese classicism; classical strings; bowed strings,
        small group; string players; viola; violins; refined chamber; elegant reception; tuxedo strings; four
        friends with bows; intimate classical; sonata form in four parts; four bows; two fiddles, viola, cello;
        intimate strings; small string group; strings at a wedding; strings at the reception; string group
        covers a pop song; garden party strings; drawing room; chamber recital; chamber; four friends playing
        strings; players nodding to each other; conversation among strings; interlocking string parts;
        homophonic strings; string fugue; slow movement for strings, four parts; adagio for four; andante
        cantabile; scherzo; sonata-form first movement; Prague chamber; Budapest chamber; Russian chamber music;
        romantic chamber music; modern dissonant chamber strings; extended techniques for four strings; tense
        pizzicato strings, small; first chair, second chair, viola, cello; rosin and four stands; aristocrat's
        evening music; palace strings; museum opening strings; gallery reception strings; black-tie dinner
        strings; champagne and strings; ceremony strings; intimate string sound, no bass, no brass; string
        foursome; no percussion, just strings; bowed ensemble; cavatina; heilige Dankgesang; small string
        ensemble; string chamber music; bowed chamber music; intimate bowed strings; elegant strings for dinner;
        refined strings; dialogue of four bows; strings only, four of them; classical strings, small group;
        delicate small strings; string miniature for four; romantic strings, few players; chamber players; viola
        line in the middle of two violins and cello; strings in the parlour; Sunday matinee chamber concert
        """
    ),
    "orchestra": split_phrases(
        """
        symphony orchestra; symphony hall; a hundred musicians; concert overture; full strings and brass;
        classical masterwork; conductor; baton; tails and bow ties; concert season opening; Vienna Musikverein;
        Berlin Symphoniker; Romantic symphony; opera house; ballet; tone poem; majestic classical; large
        ensemble; orchestra pit; violins, horns and timpani together; symphonic orchestra; hundred players;
        conductor with a baton; woodwinds and strings; timpani roll; brass chorale and strings; full score; big
        classical work; classical music; late-romantic; symphony finale; slow movement of a symphony; scherzo of
        a symphony; ballet music; opera overture; incidental music; suite for large ensemble; violins, horns and
        flutes; cellos and basses below, violins above; oboe solo over strings; bassoon jokes; French horn call;
        clarinet over pizzicato strings; tutti chord; crescendo of a hundred instruments; season opening gala;
        black tie audience; evening at the symphony; subscription concert; Berlin hall; Leipzig Gewandhaus;
        Concertgebouw; Vienna New Year concert hall; Russian romantic; Finnish symphony; Czech symphony; English
        pastoral orchestral; impressionist orchestral; neoclassical orchestral; lush strings and winds; massed
        strings; symphonic strings; youth orchestra; chamber orchestra; sinfonietta; symphonic dance; symphonic
        sketches; symphonic prelude; rhapsody for orchestra; pops concert; grand orchestra; large ensemble of
        strings, winds and brass; symphonic writing; orchestral suite; orchestral swell; full ensemble
        crescendo; classical masterpiece; rich orchestration; orchestra tuning up; strings section with
        woodwinds and horns; harp, winds and strings together; woodwinds chattering over strings; horns and
        trombones behind violins; the whole ensemble; opera; noble symphonic theme; pastoral symphony; stormy
        symphony; romantic era; maestro on the podium
        """
    ),
    "cinematic": split_phrases(
        """
        movies; movie theatre; film; films; cinema; motion picture; silver screen; feature film; Oscar winner;
        action movie; superhero film; disaster movie; teaser; trailer music; title sequence; soundtrack
        composer; popcorn; IMAX; Spielberg; Pirates of the Caribbean; The Dark Knight; Dune; Avatar; scoring
        stage; film composer; epic movie; box office hit; screenplay; director's cut; film music; movie music;
        soundtracky; score for a drama; space opera; war film; period drama score; disaster film; superhero;
        hero's theme; opening titles; final battle; aerial shots; mountain panorama; desert panorama;
        documentary; nature documentary; planet earth from space; video game soundtrack; game boss fight score;
        role-playing game overworld; fantasy adventure film; knights ride to battle; spaceship launch; galaxies;
        alien landscape; sci-fi; thriller score; suspense strings and pulses; horror score; advert for a car;
        corporate film with swelling strings; slow-motion scene; emotional scene; tear-jerking scene; love scene
        strings; trailer drums; big drums and brass; low brass stabs; braams; pulsing strings ostinato; ostinato
        strings and hits; choir and percussion; risers; impacts; whooshes; hybrid score; sweeping strings over
        drums; Hollywood score; theatrical; streaming series theme; TV drama theme; widescreen; movie; film
        scene; cinema trailer; for a movie; scene from a film; score; dramatic score; dramatic soundtrack;
        heroic soundtrack; emotional soundtrack; soundtrack for an adventure; background for a documentary;
        space documentary; intro for a fantasy series; slow reveal in a film; camera flies over the canyon;
        historical drama; ancient Rome film; medieval film battle; ticking score; spy film score; sweeping
        score; Oscars; big studio logo; build-up to a final scene
        """
    ),
    "waltz": split_phrases(
        """
        waltzing; three beats to the bar; three-beat; triple time; in three; oom-pah; ball gowns; court ball;
        dance cards; chandeliers; Vienna; Viennese ball; Habsburg; Austrian empire; twirl; spin around the
        floor; dancing couples; Danube; counting to three; formal dance; debutante; three in a bar;
        three-quarter time; dance in three; ball; masked ball; masquerade in three; chandeliers and gowns;
        gliding across the parquet; spinning couple; swaying in three; dance school in three; carousel;
        merry-go-round; fairground organ in three; ice rink; Viennese café strings; Budapest ball; St Petersburg
        ball; Paris café accordion in three; bal musette; Alpine dance in three; Tyrolean in three; country
        dance in three; slow three-step; bride dances with her father; tea dance; palace hall; princess dances
        with the prince; Beauty dances with the beast; elegant turning; graceful whirl; swirl of skirts; whirl;
        whirling; lilting; lilt; boom-chick-chick; bass note then two chords; sentimental turn in triple metre;
        Belle Époque; nineteenth-century dance; Austrian; dance for turning couples; dancing round and round;
        ball gown; old imperial dance; elegant dance; dance lesson for seniors; old European dance; turning
        dance; round dance in three; formal ball; debutante ball; quinceañera in three; gliding pairs; slow
        turning pairs; one strong beat, two soft; carousel horses turning; operetta; operetta tune
        """
    ),
    "baroque": split_phrases(
        """
        seventeenth century; eighteenth century; 1700s; 1720; French court; palace gardens; ruffles; lute;
        fugue; counterpoint; cantata; concerto; suite of dances; minuet; gavotte; oratorio; Leipzig; Venice,
        1720; Handelian; chamber of a prince; royal fireworks; ornate; period costume; harpsichord and strings;
        court of the Sun King; Dresden court; Italian concerto for strings; Brandenburg; contrapuntal; canon;
        invention; ricercar; passepied; bourrée; sarabande with ornaments; rigaudon; minuet at court; overture
        in the French style; dotted rhythms, French; trio sonata; trumpet and strings concerto; oboe d'amore;
        recorder sonata; theorbo; lute song; spinet; virginals; clavichord; period performance; gut strings, low
        pitch; old European court; 1600s; lace cuffs; wig and harpsichord; candelabra and mirrors; rococo;
        gilded ornaments; ornamentation; mordents; terraced; ground bass; walking continuo bass; motoric
        strings; mechanical sixteenth notes on strings; Kapellmeister; Thomaskirche; courtly; court music; royal
        court, old; palace of mirrors; powder and lace; stately dance; old royal chamber; harpsichord plucks;
        plucked keyboard and strings; intricate voices; interweaving lines; interweaving voices; imitative
        voices; busy counterpoint; ornamented melody; ornate strings; florid; old masters; antique strings and
        harpsichord; historically informed; concerto for two violins, old style; chamber sonata with continuo;
        fugues; Enlightenment court; marquise; king's banquet; fireworks for a king; water pageant for a king
        """
    ),
    "march": split_phrases(
        """
        soldiers; army; troops; barracks; military band; marching band; wind band; brass band in the park;
        uniforms; flags; medals; patriotic; American flag; Independence Day; veterans; navy; left right left; in
        step; on the double; regiment; procession; pomp; fanfare; trombones and cymbals; brass and drums
        outdoors; marching; marching brass; army band; town band; fire brigade band; school band on the field;
        halftime show; football field; bass drum and cymbals; piccolos and trumpets; sousaphone; glockenspiel on
        parade; baton twirlers; majorettes; flags waving; Independence parade; troop inspection; changing of the
        guard; palace guard; cadets; academy graduation; victory parade; two-four; in two; oom-pah brass in two;
        trio section, then dogfight; fife and drum; bugle; trumpet fanfare and snares; patriot; anthem on brass;
        tin soldiers; circus entrance; gladiators enter; coronation procession; national day; strident brass;
        stepping in time; soldierly; battalion; marching soldiers; soldiers returning; war drums and bugles;
        parade band; street parade; brass parade; brisk two-beat; strict two-beat brass; steps in unison; feet
        in unison; stamping boots; sergeant; general; colonel; medals and uniforms; uniformed; navy band;
        marines; marine band; cavalry; guards; flag raising; flag day; band in the park gazebo; brass band;
        snare and brass; drum major; Olympic ceremony brass; graduation entrance; clown march; elephants enter
        the ring
        """
    ),
    "jazz trio": split_phrases(
        """
        jazz; jazz bar; jazz cellar; jazz lounge; jazz standards; whisky on the rocks; hotel bar; piano bar; dim
        lights; midnight set; nightcap; cool cats; Manhattan at midnight; New York jazz; improvisation;
        swinging; brushes; bop; film noir; detective in a trench coat; martini; smoke-filled cellar; fedora;
        Miles Davis; John Coltrane; Chet Baker; piano, bass and drums; brushes on a snare; ride cymbal; double
        bass and piano; upright bass; swinging quietly; modal; standards; after hours; late night club; basement
        club; club in Greenwich; Paris jazz cellar; Copenhagen club; Tokyo jazz kissa; small club; cocktail
        lounge; martini bar; whisky bar; dinner jazz; supper club; cigarette smoke; night in New York; rainy
        night jazz; coffee shop jazz; brunch jazz; improvised solos; comping; blue notes; chord substitutions;
        two-five-one; thirty-two-bar form; stride-tinged; piano chords and brushes; acoustic jazz; small group;
        combo; cool; hip cats; beatnik; 1950s; fifties jazz; 1959; jazz ballad; swung eighths; conversational
        improvising; late set at the club; smoky late set; acoustic swing; intimate jazz; small jazz combo;
        piano jazz; swinging piano; jazz pianist with rhythm section; soft swing; brushed snare; plucked double
        bass; acoustic bass; noodling; mellow jazz; jazz for dinner; Manhattan after dark; wine bar; wine bar
        jazz; jazz in a basement; sophisticated jazz; jazz waltz feel; fast bop; spontaneous solos; bluesy piano
        with bass; unamplified jazz; three jazz players; three musicians swinging
        """
    ),
    "big band": split_phrases(
        """
        swing dancing; swing dance; swing; 1930s; 1940s; forties; thirties; Roseland; Harlem; horns; brass;
        trumpets and saxes; band leader; bandleader; crooner; tuxedo; Rat Pack; Las Vegas; war-time dance; swing
        orchestra; lindy hoppers; charleston; boogie-woogie; jive; jump blues; Louis Armstrong; Ella Fitzgerald;
        saxes and trumpets; trombones; brass section; sax section; horn section shouts; shout chorus; plungers
        and mutes; wah-wah trumpets; clarinet over saxes; hot jazz; dance hall, 1938; wartime dance; USO dance;
        GIs dancing; Savoy; Kansas City swing; casino floor show; showroom; crooner's backing; sixteen men
        swinging; seventeen pieces; riffs between brass and reeds; call and response of brass and saxes; bow
        ties; radio days; stage band; college jazz band; blaring brass; punchy horns swinging; drum solo with
        toms; floor tom solo; talk-show band; late night TV band; variety show; Broadway overture; brassy;
        brassy swing; swinging brass; horns swinging; large jazz ensemble; jazz orchestra in tuxedos; vintage
        dance band; dance band; dance band, 1940; Saturday swing dance; wartime radio; Hollywood canteen;
        old-time radio band; jazz age; roaring twenties; flappers; casino band; Vegas; Vegas showgirls;
        crooners; brass blasts; saxophone soli; muted trumpets; growling trumpet; stomping swing; hep cats;
        boogie for sixteen horns; cabaret orchestra; TV show band
        """
    ),
    "bossa nova": split_phrases(
        """
        Brazil; Brazilian beach; Copacabana; Rio; beach in Brazil; samba; carioca; Portuguese; caipirinha;
        tropical lounge; tropical cafe; sandals and sunglasses; palm trees and cocktails; São Paulo; Bahia;
        nylon guitar and shaker; sea breeze; Brazilian songwriter; Brazilian guitar; samba-canção; gentle
        syncopation; cross-stick; rim click and shaker; breezy; coconut water; sunset at the beach; sunset
        cocktails; barefoot on the sand; elevator; lounge with nylon guitar; lift music; hotel pool; yacht deck;
        seaside café; terrace café; cool and soft vocals; whispery Portuguese; 1962; sixties lounge; jazz samba;
        Latin jazz, gentle; seventh chords on nylon guitar; major sevenths, syncopated; syncopated thumb and
        fingers; Sugarloaf; girl walking by the sea; sophisticated, light, Latin; tan and tall; quiet nights;
        light Latin lounge; airy Latin; gentle Latin; Brazilian lounge; Brazilian jazz; Brazilian café; relaxed
        Brazilian groove; gentle Latin guitar; nylon-string groove; light percussion and nylon guitar; shaker
        and nylon strings; soft Latin groove; Rio beach; sunny terrace; sea view; seaside lounge; sipping a
        cocktail by the sea; beachside; beachfront; poolside; pool bar; cruise lounge; airport lounge; summer
        afternoon by the sea; sultry and soft Latin; understated Latin; jazzy Latin; jazzy nylon guitar;
        whispered vocals; Brazil, 1960; swaying palms; cool breeze
        """
    ),
    "salsa": split_phrases(
        """
        Cuba; Latino; Latin party; Latin America; Puerto Rico; Colombia; Caribbean; Caribbean island dance;
        Dominican; Miami Cubans; tropical dance; Latin club; congas; bongos; maracas; claves; hips; shake your
        hips; cigars and rum; rum; fiesta; carnival; cha-cha; son cubano; bachata; trumpets and congas; spicy;
        hot-blooded dance; Spanish lyrics; Xavier Cugat; Pérez Prado; Latin dance; cha-cha-cha; son; guaguancó;
        bachata-free salsa night; montuno; piano montuno; tumbao; clave; cowbell; campana; güiro; Latin horns;
        trombones and congas; hot brass and percussion; Santiago de Cuba; Bronx, Latin; Spanish Harlem; Cali;
        Cartagena; Caracas; Caribbean dance; swaying hips; dancing couples spinning; Latin nightclub; Latin
        dance class; red dress and heels; rum and cigars; mojitos; carnaval; baile; sabor; caliente; picante;
        hot sauce; congueros; sonero; descarga; tropical heat; sweaty Latin; Latin percussion; Latin brass;
        Cuban brass; Cuban dance; Cuban party; Latin groove; Latin heat; fiery Latin; hot Latin; Latin night;
        Caribbean rhythm; tropical party; congas and horns; piano vamp with congas; percussion and trumpets;
        syncopated piano; hip-shaking; hip-swinging; shaking hips; dancing till dawn; tropical nightclub; Latin
        wedding party; Latin street festival; Latina; dance floor with trumpets and congas; Spanish shouts;
        cigars; Buenos días dance
        """
    ),
    "blues": split_phrases(
        """
        the blues; Memphis; New Orleans; Chicago, South Side; cotton fields; river levee; shack; roadhouse;
        tavern; barroom; dive bar; moonshine; whiskey; freight train; hobo; harmonica; slide; bottleneck; bent
        strings; hard luck; heartache; sold my soul; guitar man; Southern swamp; swampy; Louisiana; Eric
        Clapton; Freddie King; T-Bone Walker; Bo Diddley; down and out; prison song; work song; twelve bars;
        twelve-bar shuffle; slow twelve-eight; bent notes; bending strings; mouth harp; electric guitar bends;
        crying guitar; call and response guitar; turnaround; I woke up this morning; baby left me; done me
        wrong; hard times; bad luck; trouble; troubles; bourbon; bottle; jail; prison; chain gang; crossroads;
        railroad; South Side; Beale; juke; dive; bar band; beer-stained stage; gravelly voice; dominant
        sevenths; minor pentatonic; pentatonic bends; barrelhouse; walking guitar boogie; low-down; old
        bluesman; sharecropper; 1930s field recording; sixties British electric; overdriven tube amp; valve amp;
        sunburst guitar; bluesy guitar; blue notes on guitar; old blues; slow blues; electric blues; acoustic
        blues; moaning; moan; moaning guitar; sorrowful bends; lonesome harmonica; harp player in a bar;
        lonesome train; heartache and whiskey; empty bottle; broke and lonely; hard-luck; hard-living; working
        man; plantation; Southern juke; swamp; bayou; Saturday in a roadhouse; dirty guitar shuffle; shuffling;
        shuffle beat; shuffle with guitar licks; guitar licks; licks; call-and-response licks; my woman left;
        woke up; train whistle; gutbucket
        """
    ),
    "funk": split_phrases(
        """
        groove; groovy; bass groove; get down; shake it; dance floor filler, 1974; slap and pop; afro;
        bell-bottoms; syncopated; tight horns; hot pants; sweaty; stank; nasty; badass bass; street;
        blaxploitation; Soul Train; Sly and the Family; Kool and the Gang; Commodores; cosmic slop; wah; chicken
        scratch; Bruno Mars; the one; slapped bass; slapping and popping; wah guitar; scratchy guitar; clavinet;
        clav; on the one; tight; tight groove; in the pocket; pocket; sixteenth-note guitar; horn stabs;
        staccato horns; funky drummer; ghost notes; greasy; nasty groove; stank face; strut; strutting; afros;
        platforms; detective in a leather coat; seventies cop show; car chase in the seventies; pimp; superfly;
        booty; Minneapolis; Ohio; Dayton; New Orleans second-line funk; P; spaceship and star glasses; rhythm
        guitar; bass-led groove; bass up front; envelope filter; breakdown with drums; jam; 1973; 1970s groove;
        funk-rock; party groove; sassy groove; dirty groove; bootsy glasses; groovy bass; slapping bass; popping
        bass; bass slaps; tight rhythm section; tight drums and bass; syncopated bass; syncopated guitar;
        percussive guitar; choppy guitar; muted guitar strums; brass punches; punchy horns; horn section; dance
        groove, 1974; seventies groove; seventies soul party; soul train line; moving your hips to bass;
        groovin'; feel the groove; grooving; greasy groove; street party groove; boogie down; cool cat strut;
        swaggering bass; organ and wah; wah guitar and bass; cop car chase, 1975; private eye
        """
    ),
    "soul": split_phrases(
        """
        rhythm 'n' blues; R'n'B; sixties R&B; Detroit; Philadelphia; Motor City; Tamla; Atlantic Records; diva
        with a big voice; heartfelt singing; velvet voice; smooth; horns and organ; British mods; Ray Charles;
        Etta James; Gladys Knight; Tina Turner; Diana Ross; Jackson 5; smooth slow jam; love man; backing
        singers; tambourine; smooth vocals; heartfelt singer; pleading voice; raspy voice and horns; Hammond and
        horns; horns and strings behind a singer; backing singers oohing; doo-wop harmony; sweet soul; northern
        dancers on talc; Philly strings; Muscle Shoals; Chicago sweetness; sweet love music for grown-ups;
        make-out music; tambourine on the backbeat; backbeat and bass; finger snaps; warm bass and electric
        piano; Rhodes; Wurlitzer; organ and guitar licks; suits and choreography; matching suits, synchronised
        steps; Apollo on amateur night; 45 single; jukebox in a diner, 1966; 1966; 1970 strings and rhythm; deep
        feeling; from the heart; respect; lean on a friend; cookout; family barbecue; Sunday cleaning the house;
        old-school R&B; retro soul; vintage R&B; groove with strings; smooth groove; heart on sleeve singer;
        Black radio, 1971; ain't no love; baby please; Afro picks and velvet; soulful vocals; soulful groove;
        soulful singer; warm soulful; vintage soul; silky; silky smooth; velvety; crooning; sweet harmonies;
        vocal group; vocal harmonies; girl group, sixties; sixties groove; sixties dance hall in the north;
        southern horns; Memphis horns; organ and horns; warm horns; gritty vocals; heartfelt vocals; baby I love
        you; tambourine backbeat; strings and groove; love and groove; bedroom mood; grown folks; dusty 45s;
        crate of 45s; oldies
        """
    ),
    "gospel": split_phrases(
        """
        choir; Sunday service; church on Sunday; worship; praise the Lord; Lord; God; Bible; scripture; pastor;
        preacher; sermon and song; congregation; faith; faithful; holy; Christian; Baptist; revival tent;
        Pentecost; robes; prayer; prayer meeting; blessed; saved; salvation; Holy Spirit; Sunday best; clap your
        hands, people; glory; mass choir; robed choir; choir swaying; choir and Hammond; hand claps and choir;
        clapping on two and four; tambourines in church; Sunday service in the South; Black church; congregation
        on its feet; pastor shouting; praise break; worship team; altar call; testimony; saviour; baptism;
        revival; tent revival; camp meeting; shouting music; call and response with a choir; organ swells under
        a preacher; joyful noise; rapture; pews and fans; choir director; soloist and choir; key goes up again
        and again; Leslie speaker; thankful; deliverance; heaven-bound; promised land; river Jordan; Georgia
        church; Alabama church; contemporary worship; Sister sings; deacons; church ladies in hats; vamp and
        shout; choir and clapping; choir and organ; clapping; clapping congregation; hands raised in praise;
        uplifted hands; praising; praising the Lord; worshipping; worship service; church band; church in
        Harlem; church in Memphis; southern church; Baptist choir; choir robes; robes swaying; spiritual choir;
        spiritual uplift; rejoice; sing to the Lord; God is good; bless; blessing; blessings; angels singing;
        joyful choir; soulful choir; organ and tambourine; shouting for joy; holy roller; testifying; revival
        meeting; Easter choir; freedom song; civil rights; civil rights song
        """
    ),
    "disco": split_phrases(
        """
        seventies; 1970s; 1977; nightclub; glitter; sequins; dance floor; falsetto; John Travolta; flares;
        platform heels; boogie; get down tonight; four-on-the-floor with strings; roller skates; Manhattan
        nightlife; party of the seventies; funky strings; Grace Jones; Sister Sledge; four on the floor with
        strings; strings and open hi-hats; hi-hats on the offbeat; glitter ball; sparkling dance floor; dance
        floor, 1977; seventies nightclub; nightclub with lit floor; lit-up dance floor; roller disco; white
        suit; flared trousers; medallion; platform boots; velvet ropes; Studio nightclub; New York, 1978; Paris
        nightclub, 1979; Munich; Hi-NRG; French filter-free dance; syndrums; laser drum; violins and
        four-on-the-floor; glamour; glamorous; diva; divas; falsetto trio; feather boa; flamboyant; fabulous;
        the hustle; the bump; conga line at a wedding; wedding dance floor; aerobic; leotards; Saturday; night
        fever; dance, dance, dance; party classics; camp; drag show; pride parade; champagne and cocaine;
        sparkle; groovy dance; survive; bachelorette; hen night; retro dance; dance hit, 1978; seventies dance;
        seventies dance floor; seventies party; seventies glamour; glamour and strings; strings and groove, four
        to the floor; funky dance strings; string hits and hi-hats; dancing queen; dancing queens; dance fever;
        boogie fever; Saturday dance; shiny suits; shimmering dance floor; glittering; glittery; spinning
        lights; coloured lights; lit dance floor; disco diva; nightclub queue; nightclub glamour; New York
        nightlife; gay club; gay club, 1979; roller-skating; skating rink; funky guitar over four to the floor;
        octave bassline; octaves in the bass; retro party; office party; cruise ship party; wedding party; gold
        lamé; sequin
        """
    ),
    "reggae": split_phrases(
        """
        Caribbean island; island; dreads; one love; weed; Rasta man; Haile Selassie; Zion; Babylon; Montego Bay;
        Negril; steel drums nearby; offbeat; skank; red, gold and green; beach bonfire; coconut; easy-going
        offbeat; sunny island; toasting; sound system; Shaggy; offbeat guitar; off-beat chop; bass and offbeat
        organ; bubbling organ; heavy bass, laid-back; dubby; dub echo; tape echo and bass; steppers; islands;
        beach bar, laid-back; sandals; flip-flops; spliff; joint; smoke; herb; stoned; lion; red, green and
        gold; selector; Notting Hill; melodica; rimshot and bass; slack time; sun and sea; easy skanking;
        hammock and coconut; palm; rum punch; seaside; surfers; surf shack; mellow island; steel pan bar; one
        heart; summer, slow; chilled Caribbean; lazy beat with bass; Marley; third-beat kick; don't worry;
        laid-back island groove; island groove; island vibe; island vibes; beach vibe; Jamaican groove; Jamaican
        beach; Caribbean beach; Caribbean groove; chilled beach; offbeat chords; off-beat; offbeat keys; guitar
        on the offbeat; heavy bassline, lazy drums; lazy island; lazy sunshine; sunshine groove; tropical
        island; tropics; smoking; smoking herb; peace and love; love and unity; righteous; oppression; freedom
        fighters; liberation; roots man; reggae; dub echoes; spring echo; echo chamber; skanking guitar; skanky;
        summer breeze and bass
        """
    ),
    "rock": split_phrases(
        """
        rocker; rock star; rock concert; rock band; arena; arena tour; stadium; stadium crowd singing along;
        anthem for eighty thousand; guitar hero; guitar band; band in a basement; teenagers with amps; band
        practice; loud amp; loud guitars; power trio; riff; riffs; electric guitar; leather jacket; long hair;
        seventies guitar; British Invasion; Foo Fighters; Van Halen; Bon Jovi; Kiss; Beatles; drums and guitars;
        amplifier; encore; festival headliner; electric guitars; distorted guitar; overdriven guitars; guitar
        riff; guitar solo; drums, bass, two guitars; four-piece band; headliner; pub band; leather; denim;
        motorcycle; motorbike; highway; open road; road trip with guitars; muscle car; desert highway; amplifier
        stack; amps to eleven; Marshall; Les Paul; feedback; backline; rockers; rock 'n' roll; heavy riff;
        seventies guitars; sixties British; Seattle; post-grunge; glam; blues-based loud band; driving drums and
        guitars; cymbal crashes; big drums and guitars; cowbell and riffs; fist in the air; windmill strumming;
        smashing a guitar; roadies; groupies; tour bus; vinyl rock station; FM drive time; jeans and T-shirt;
        straight eighths on guitar; rock out; rocking guitars; loud band; loud guitars and drums; crunchy
        guitars; crunch; crunchy; screaming guitar; wailing guitar; ripping guitar solo; driving guitars;
        driving drums; hard-driving; pounding drums and guitars; electric guitar anthem; arena anthem; garage
        guitars; bikers; biker; biker bar; motorcycles; open highway; freedom on the road; drive fast; dive bar
        band; sweaty club band; electric band; classic guitar band; tattoo; tattoos; leather and chains; lead
        guitar; loud amps; amps; distortion; guitars and attitude; heavy drums and riffs; swaggering guitars
        """
    ),
    "punk": split_phrases(
        """
        punks; punk rockers; anarchy; rebel; three chords; skateboard; skateboarders; skaters; skater;
        half-pipe; pogo dancing; crowd surfing; slam dancing; stage diving; circle pit; squat; safety pins;
        mohawk; spit; fast guitars; shouted; basement show; garage; New York, 1976; Iggy Pop; Stooges; Misfits;
        Sum 41; Bad Religion; riot; teenage rebellion; ripped jeans; three chords and shouting; snotty; spiky
        hair; ripped; combat boots; skinheads; mosh; pit; stage dive; squat party; anarchist; rebellion; rebels;
        anti-establishment; DIY; zine; sneer; sneering; bratty; skate; California skate; garage, fast;
        two-minute songs; one minute long; count-in and go; downstrokes; downpicking; buzzsaw; buzzsaw guitars;
        breakneck drums; loud and fast; sloppy; cheap guitars; gob; Bowery; Camden; Berkeley; Orange County; DC;
        bored teenagers; beer-soaked; shouting gang vocals; oi oi; reckless; nihilism; smash the system;
        troublemakers; shouty; shouty vocals; shouted chorus; yelling vocals; speedy guitars; raw and fast;
        quick and dirty; loud, fast; noisy; noisy guitars; snarl; snarling vocals; rebellious; rebellious teens;
        angry youth; angry teenagers; teenage angst; angst; street kids; vandals; vandalism; graffiti and broken
        glass; broken bottles; beer cans; leather studs; pins and patches; patches; patched jackets; hair
        spikes; pogoing; garage noise; garage chaos; chaos; chaotic; out-of-tune shouting; political rage;
        anti-government; squatters; dropouts; skate video; skateboarding; fast strumming; eighth-note strumming;
        frantic guitars
        """
    ),
    "metal": split_phrases(
        """
        heavy; heavy metal; thrash guitar; long hair flying; moshing to double bass; fast guitar solo; sweep
        picking; guitar virtuoso; shred; guitar pyrotechnics; skulls; Satan; devil; hell; demons; Viking;
        leather and spikes; studs; screaming; growling; distorted; blast beat; Anthrax; Ozzy Osbourne; System of
        a Down; Lamb of God; brutal riffs; Download festival; heavy guitars; chugs; palm mutes; palm-muted;
        double kick; double bass drum; double pedal; blast; growl; screams; drop tuning; down-tuned;
        seven-string; eight-string; tremolo picking; sludge; nu; moshing; horns up; devil horns; inferno;
        corpse; skull; pentagram; goat; battle axe; axe; Vikings; longship; swords and dragons, loud; Norwegian
        forest; Scandinavia; Gothenburg; Bay Area; Birmingham; festival in Wacken mud; black T-shirts; spikes;
        relentless double kick; gallop; galloping riffs; harmonised lead guitars; pig squeals; amplified doom;
        monstrous guitars; heavy riffs; heavy distortion; heavy distorted guitars; distorted riffs; massive
        guitars; thrashing; thrashing guitars; extreme; extreme guitars; hellish; hellfire; fire and brimstone;
        demonic vocals; harsh vocals; guttural; guttural vocals; screamed vocals; fast double kick; kick drum
        barrage; machine-gun drums; hammering drums; war drums and guitars; sword and sorcery; dungeons; beasts;
        barbarians; gladiators; Norse; Norse gods; Thor; Valhalla; Mordor; apocalypse; Armageddon; black
        leather; long hair and leather; hair whipping; crushing riffs; crushing guitars; dark heavy guitars;
        brutal guitars; amplified fury; low-tuned; low-tuned guitars; steel and fire
        """
    ),
    "pop": split_phrases(
        """
        hit; hits; hit parade; charts; number one hit; number one single; radio; FM radio; singles chart;
        mainstream; commercial; teenage; teenage girls screaming; teen star; heart-throb; boyband; girl band;
        fan club; catchy; catchy chorus; hook; sing-along; dance pop; MTV; celebrity; superstar; Hannah Montana;
        Disney Channel; Olivia Rodrigo; Harry Styles; Billie Eilish; Rihanna; Ed Sheeran; Kylie Minogue;
        best-selling single; hooks; singable; singalong; chart; charting; number one; radio-friendly; on the
        radio; glossy; polished; teen; teens; teenage girls; tween; boy group; idol; idols; Korean; Seoul; Tokyo
        idols; Swedish hitmakers; popstar; pop star; diva on tour; stadium tour with dancers; choreography;
        dance routine; music video; viral; viral dance; social media; influencer; feel-good hit; summer hit;
        song of the summer; party playlist; gym class; school disco; prom; sleepover; hairbrush; lip gloss;
        pink; sugary; cheerful synths and claps; synths and claps; claps and synth bass; vocal chops; big
        chorus; pre-chorus and drop; four chords; four-chord; verse-chorus; bridge, then last chorus; eighties
        hit; nineties hit; 2010s; contemporary hit; everyone knows it; mall; shopping; cheesy; talent show;
        American contest; karaoke; awards show; perfume ad; poppy tune; catchy tune; catchy melody; catchy song;
        hit song; dance hit; feel-good song; summer song; summer anthem; anthem for teens; sugary tune; bubbly
        synths; upbeat tune; upbeat song; modern hit; current hits; top hits; chart hit; chart music; radio
        tune; radio song; song for everyone; crowd-pleaser; crowd-pleasing; easy to sing; memorable; memorable
        hook; big hook; danceable; danceable song; fun song for the car; car singalong; girls' night; girls
        night out; girly; popular; popular music; popular song; streaming hit; trending; trending song; trendy;
        idol group; bright production; slick; slick production; clean production; verse and chorus; modern
        synths and vocals; commercial jingle; advert song
        """
    ),
    "ballad": split_phrases(
        """
        power ballad; slow love song; slow song for couples; close embrace dance; prom night; last dance;
        couples swaying; slow and emotional; tear-jerker; tears and strings; love declaration; sentimental
        singing; emotional piano and voice; unrequited love song; sung with feeling; heartfelt; slow tempo love;
        wedding slow number; slow rock; Titanic theme; Whitney; Celine; Foreigner; slow song at the end; broken
        heart; undying love; big chorus slowly; belted high notes; key change; soaring vocal; strings and piano;
        piano and strings with drums; piano intro; soft verse, huge chorus; builds slowly; slow build to a
        climax; lighters and phones; swaying arms; eighties slow; nineties slow; soft rock; adult contemporary;
        musical theatre; musical; stage musical; Disney-like love duet; duet; love theme with singing;
        end-of-film love song; title song; drama series; telenovela; Latin love song; Korean drama; Eurovision
        slow; torch; emotional; weepie; schmaltzy; slow drums and reverb; gated snare, slow; slow 6/8; Christmas
        love; mother; dedicated to you; memorial; I can't live; all my love; hold me; forever; promise; voice
        cracks; big finish; dramatic pause; slow emotional song; emotional song; emotional slow; slow sad song;
        slow heartfelt; slow piano song; slow singer; big slow song; slow anthem; love song with strings;
        wedding song; first dance; crying at a wedding; crying in the rain; cry your heart out; singing through
        tears; pouring your heart out; heart-wrenching; heart-rending; tear-jerking; dramatic vocals; powerful
        vocals; power vocals; soaring chorus; swelling chorus; swelling strings and vocals; stage lights dim;
        singer at a piano; spotlight on the singer; encore, slow; end credits love song; movie love song; broken
        romance; breakup song; moving song; touching; touching song; tender song; slow pop
        """
    ),
    "indie": split_phrases(
        """
        independent label; alternative; alt; art school; art students; skinny jeans; coffee roastery; thrift
        store; tote bag; cool kids of Portland; Williamsburg; campus; university town; quirky; lo-fi guitars;
        shy; jangly; Juno soundtrack; film-festival darling; Sundance; Radiohead; Bon Iver; The National; Yo La
        Tengo; small venue; awkward; bearded barista; craft coffee; oat milk; vintage shop; tote; cardigan;
        corduroy; glasses; film camera; Polaroid; student union; small club gig; support act; independent;
        self-released; garage, melodic; dreamy guitars; reverb guitars; chorus guitar; clean guitars;
        arpeggiated clean guitar; surf guitar; tremolo guitar; Manchester; Glasgow; Portland; Montreal;
        Melbourne; Leeds; Athens; 2000s guitars; noughties; fringe; festival afternoon; blog; vinyl revival;
        coming-of-age; quirky film; road movie; handclaps and glockenspiel; ukulele and glockenspiel; melodica
        and guitars; tambourine and guitars; understated; mumbled; deadpan; lo-fi rock; post-punk; angular;
        angular guitars; math; garage revival; sensitive boys; sad girls; tender guitars with drums; bittersweet
        guitars; indie; indie band; indie kids; alternative band; alternative guitars; alt band; guitar jangle;
        jangling; jangling guitars; shimmering guitars; dreamy band; dreamy vocals; quiet vocals; soft-spoken
        vocals; mumbling; wry; ironic; offbeat vocals; oddball; quirky band; quirky song; arty; art student;
        students; student flat; house show; basement show with fairy lights; fairy lights; coffee house band;
        café band; coming of age; teen film; festival film; independent film; road trip film; film soundtrack
        with guitars; home recording; home-recorded; home-made; bedroom recording; fuzzy; fuzzy guitars; fuzz;
        lo-fi band; garage-pop; sunny guitars; sunny afternoon guitars; skinny tie; fringe haircut; moustache;
        bicycle; fixie; record shop; record shop clerk
        """
    ),
    "folk": split_phrases(
        """
        acoustic; folk singer; singer-songwriter; songwriter; storyteller; minstrel; bard; ballad singer;
        strolling player; bonfire; bonfire singalong; sitting round a fire; village; village green; maypole;
        farmers; market day; peasants; rural; pastoral; traditional; old songs; acoustic guitar and voice;
        mandolin; protest; hippies; Woodstock acoustic; Ed McCurdy; wool sweater; shepherds; hand-me-down songs;
        guitar, fiddle and voice; banjo and guitar, gently; storytelling; ballad of a sailor; sailors; sailor;
        sea; whalers; miners; weavers; harvest; harvest home; villagers; fire circle; hearth; cabin; log cabin;
        woods; forest path; mountain cabin; meadow; countryside walk; wildflowers; barefoot; flannel; hippie;
        1960s; Greenwich; coffeehouse; open mic; peace march; anti-war; union; workers; travelling singer;
        rambler; wanderer; hitchhiker; hobo song; harmonica and guitar; mandolin and guitar; autoharp; dulcimer;
        hurdy-gurdy; concertina; squeezebox; tin cup; morris; morris dancers; murder song; old song; trad; oral
        tradition; grandfather's songs; earthy; rustic; homespun; humble; honest; simple; handmade; plain;
        scouts; indie acoustic; hand harmonies; close harmony; stomp and clap; stomps; suspenders; ploughman;
        Nordic; English; American roots; folksong round the fire; acoustic song; acoustic songs; acoustic
        songwriter; singer with guitar; acoustic strumming; strummed guitar and fiddle; gentle acoustic; rootsy;
        pastoral song; rural life; countryside; country lane; farmhouse; barn singing; fields; old village;
        hills; hill walk; hiking; hike; cabin in the woods; woodland; forest; river; riverside; travelling;
        travelling musicians; travellers; wayfarer; pilgrim; pilgrims; sea song; seafaring; fishermen; fishing
        village; harbour song; protest singer; peace song; flower children; commune; commune in 1968; woodstove;
        quilts; knitted jumpers; warm acoustic; wooden; earthy acoustic; tale; tales; telling a tale; legends of
        old; handed down; community; communal; community singing; sing together; spoons and fiddle; old-world
        """
    ),
    "celtic": split_phrases(
        """
        Scotland; Scots; Wales; Welsh; Celts; Irish dance; Irish dancers; tap shoes; Irish pub; Guinness; Cork;
        Kerry; Belfast; Galway; Limerick; Aran; Edinburgh; Highlands; kilt; kilts; bagpipe; pipes and drum; tin
        whistle; fiddle reel; jigs; green hills; clover; St Patrick; Druid; Enya; old Irish; Braveheart;
        emerald; Éire; shamrock; pint; stout; pub in Galway; pub in Cork; pub; fiddle; fiddles; whistle; low
        whistle; bodhrán; uilleann; piper; pipers; tartan; clan; Highlander; Highland; Skye; Glasgow ceilidh;
        loch; glen; castle in the mist; moor; cliffs; Cliffs of Moher; Connemara; Donegal; Clare; Sligo;
        Cornwall; Breton; Galicia; Isle of Man; Nova Scotia; druids; fairy ring; banshee; leprechauns; stone
        circle; standing stones; megaliths; reels; polka set; air; slow air; lament on the pipes; set dance;
        step dance; step dancers; tap of hard shoes; hard shoes; river dancers; ceilidh; session; trad session;
        green; rolling hills; rolling green hills; emigrants; famine ship; emigrant ship; third class deck
        party; medieval fantasy village; hobbit village; elves; tavern in a fantasy game; ancient isles; Irish
        dancing; Irish fiddle; Irish tune; Irish jig; Irish countryside; Irish whistle; Irish village; Scottish
        dance; Scottish pipes; Scottish Highlands; Scottish hills; Scotsmen; whistle and fiddle; fiddle and
        pipes; fiddle and drum; pipes and drums; pub session; pub musicians; pub with a fire; pub fiddle; ale;
        ale and fiddles; mead; mead hall; tavern music; medieval tavern; elven; elven village; fairy hills;
        enchanted isle; green island; green valley; green fields; cliffs and sea; Atlantic cliffs; misty hills;
        misty highlands; foggy glen; old Ireland; ancient tribes of Britain; Avalon; Camelot; Stonehenge;
        Newgrange; dancing feet; tapping feet; quick feet; reel dancing; fast fiddle reel; whirling reel;
        Belfast pub; immigrant ship dance; clan gathering
        """
    ),
    "country": split_phrases(
        """
        western; Old West; American West; frontier; saloon; saloon doors; sheriff; outlaw; gunslinger; horses;
        horse; horseback; saddle; ranch; ranch hand; cattle; cattle drive; bull riding; lasso; spurs; boots;
        ten-gallon hat; prairie; desert sunset; tumbleweed; covered wagon; Texas; Oklahoma; Wyoming; Kenny
        Rogers; pickup truck; trucker; line dance; honky tonk; cowgirls; Marlboro man; western movie; barbed
        wire; whiskey and trucks; hat; plains; dust; dirt road; gravel road; pickup; truck; truck stop;
        tailgate; tractor; farm; farmer; hay; hayride; cornfield; county fair; front porch swing; sweet tea;
        beer; small town; red neck; redneck; the South; Austin; Dallas; Montana; Arkansas; Dixie; line dancers;
        two-step; honky-tonk piano; steel guitar; pedal; slide steel; twanging; twangs; twangy guitar; chicken
        picking; train beat; boom-chick; boom-chicka; drawl; yodel; yodelling; jail and mama; mama; flag; denim
        and boots; bandana; rhinestones; big hair; bro; crossover; country; country music; country song; country
        singer; country band; country road; country roads; countryside truck; western saloon; ranch life;
        ranchers; on horseback; wagon; wagon train; American South; American heartland; heartland; Midwest;
        Nashville singer; Nashville sound; Texan; Texas bar; Texas dance hall; Southern bar; Southern drawl;
        slide guitar and fiddle; steel guitar and fiddle; acoustic guitars and pedal steel; twang guitar;
        Telecaster; boots on a wooden floor; boots and beer; beer and trucks; tailgating; state fair; farm life;
        farm boy; farm girl; tractors; dirt; mud; old dog; porch; rocking chair; fishing hole; God and country;
        heartache in a small town; honky; bar-room; drinking song
        """
    ),
    "bluegrass": split_phrases(
        """
        banjos; fiddle and banjo; mandolin and banjo; mountain music; mountains of Virginia; Appalachia;
        hillside cabin; backwoods; Ozarks; holler; coal miners; moonshiners; overalls; straw hat; barn; barn
        dance; square dance; square dancing; do-si-do; swing your partner; rednecks; country bumpkin; West
        Virginia; Tennessee mountains; North Carolina; jug band; washboard; old-timey pickers; hayloft; hay
        bales; porch pickers; five-string; banjo picker; banjo and fiddle; mandolins; fiddle breakdown; fast
        fiddle; picking; pickers; flatpicking guitar; fast picking; high tenor harmony; nasal harmonies; jug;
        washtub; spoons; Appalachian; mountain; mountains; Smoky Mountains; Virginia; hollow; creek; mill; coal
        camp; hillbillies; clogging; cloggers; train song; runaway train; car chase with banjos; bank robbers;
        fugitives; acoustic and fast; no drums, fast strings; virtuoso picking; solos passed around one
        microphone; around one mic; family band; brothers' harmony; old-time; old time; old-timey; fiddlers'
        convention; picking party; front porch pickers; rolls; forward roll; resonator; upright bass and banjo;
        boom-chuck; grass; jamgrass; raccoon; roosters; pigs and chickens; lightning fingers; rollicking
        strings; banjo picking; banjo tune; banjo breakdown; banjo band; fast banjo; rolling banjo; frantic
        banjo; mandolin picking; picking contest; fiddling; fiddling contest; fiddlers; acoustic string band;
        mountain band; mountain folk; mountain people; Appalachian strings; Appalachian hills; Appalachian
        trail; back porch; back porch picking; barn party; hayseed; Tennessee hills; Virginia hills; old-time
        strings; old-time fiddle; family string band; jam on the porch; moonshine run; breakneck banjo;
        breakneck picking; speedy picking; nimble fingers; nimble picking; acoustic pickers; chicken coop;
        rooster; stomping on boards; lively strings without drums; high lonesome; high-pitched harmony
        """
    ),
    "world": split_phrases(
        """
        Africa; African; Asia; Asian; India; Indian; Arabia; Arabian; Arabic; Middle East; Middle Eastern;
        Persia; Persian; Turkey; Morocco; Marrakesh; Egypt; Egyptian; Sahara; desert nomads; camels; oasis;
        spice market; souk; Samarkand; China; Japan; Tibet; Mongolia; Bali; oriental; exotic; tribal; folklore
        of many countries; Gypsy; Balkan; Andes; Aladdin; snake charmer; belly dance; sultan; foreign; travel;
        traveller; traveler; desert; Iran; Turkish; pharaoh; pyramids; belly dancer; oud; darbuka; Marrakech;
        gnawa; savanna; safari; tribe; djembe; djembes; hand drums; talking drum; kora; kalimba; Mali; Senegal;
        Ghana; Nigeria; Congo; Ethiopia; Zulu; Cape; Delhi; Mumbai; sitar; tabla; raga; tanpura; bhangra;
        Punjab; Nepal; Tibetan; Chinese; guzheng; pipa; koto; taiko; shamisen; Korea; gayageum; Vietnam;
        Thailand; Indonesia; throat singing; Siberia; shaman; Australia; outback; aboriginal; Hawaii; Polynesia;
        Peru; Bolivia; pan pipes and charango; Mexico; Romani; Jewish wedding; Greek; bouzouki taverna;
        Caucasus; Armenian duduk; ancient civilisation; ritual; ceremony; village drums; global; fusion of
        cultures; multicultural; National Geographic; marimba and drums; polyrhythm; world music; worldly;
        global music; foreign lands; foreign land; distant lands; far-off land; far-off lands; exotic lands;
        exotic instruments; ethnic instruments; ethnic percussion; ethnic flute; hand percussion; hand drum;
        hand drumming; drum circle; African drumming; African village; African dance; African guitar; West
        Africa; East Africa; South Africa; North Africa; Sahara desert; nomads; nomad; Bedouin; sultan's palace;
        harem; palace in Persia; Arabian nights; genie; Indian market; Indian temple; Indian wedding; Indian
        classical; Ganges; Himalaya; Himalayan; Tibetan monks; monks chanting; chanting; Chinese garden; Chinese
        New Year; Japanese garden; samurai; geisha; Mongolian steppe; steppe; spice route; Balkan wedding;
        Andean; Andes village; Inca; Aztec; Amazon; rainforest tribe; native; natives; indigenous; folklore;
        traditional instruments; ancient ritual; ritual drums; ceremonial; tribal drums; marketplace; market in
        Cairo; Istanbul market; passport; backpacking; exploring cultures; travel documentary
        """
    ),
    "new age": split_phrases(
        """
        meditation; massage table; relaxation; relaxing spa; energy healing; aura; crystals; incense; lotus;
        Buddha; Buddhist; Buddhist temple; monastery; bonsai; koi pond; bamboo fountain; water feature;
        breathing exercise; mindfulness; inner peace; third eye; karma; nirvana; spiritual; essential oils;
        aromatherapy; hot stones; tai chi; singing bowls; nature sounds; yoga class; asana; crystal; crystal
        bowls; Tibetan bowls; gong; chimes; wind chimes; incense and candles; lotus position; mandala; fountain;
        waterfall; stream; brook; rain forest; dolphins; whales; whale song; ocean waves; waves; birds; nature;
        forest bathing; sunrise meditation; meditate; meditating; mindful; breathe; breathing; breathwork;
        relaxation tape; hypnosis; healer; frequencies; 432; 528; harmony of body and soul; inner child; spirit;
        spirit guide; enlightenment; guru; ashram; retreat; well-being; holistic; angels and light; heavenly
        pads; soft pads and flute; flute and pads; piano and pads; harp and pads; synth pads and chimes; pan
        flute and pads; unicorns; goddess; moon goddess; dreamcatcher; acupuncture; therapist's waiting room;
        eighties crystal shop; audio for falling asleep; healing music; healing sounds; meditation music; music
        for meditation; music for yoga; music for massage; music for healing; spa music; wellness center; day
        spa; steam room; sauna; hot tub; yoga teacher; yoga mat; candles and oils; incense smoke; temple; temple
        bells; monastery in the mountains; lotus pond; bamboo; bamboo forest; mountain stream; babbling brook;
        forest stream; gentle waterfall; rain and birds; birdsong; seashore; seashells; dolphin; whale; whales
        singing; sunrise over the mountains; moonlight ritual; full moon ritual; spiritual journey; soul
        journey; spiritual healing; astral; astral travel; astral projection; astrology; zodiac; tarot; psychic;
        positive energy; energy flow; vibration; vibrations; peaceful mind; quiet mind; clear mind; calm mind;
        calming; calming pads; soothing pads; warm pads; gentle bells; flutes and chimes; angelic pads; cosmic
        harmony; oneness; universe; universal love; gratitude; affirmation; affirmations; self-care; sleep
        meditation; falling asleep; relaxation music
        """
    ),
    "house": split_phrases(
        """
        club; club music; clubbing; night club; DJ; DJ set; deejay; dance music; dance floor, 4 a.m.; beach
        club; Balearic; Mallorca pool party; Mykonos; rooftop; terrace; summer party; party all night; Chicago;
        New York garage; deep; deep grooves; piano stabs; vocal diva; four on the floor; EDM; big room; club
        track; party starter; dance anthem; David Guetta; Calvin Harris; Swedish DJs; Avicii; champagne and
        sunglasses; kick and clap; four-on-the-floor; four to the floor; kick, clap, hat; offbeat hats; open hat
        on the off; claps on two and four, electronic; organ bass; organ stab; diva sample; vocal sample;
        filter; filtered; filtered loop; Detroit meets Chicago; New York club; New Jersey; Miami pool; pool
        party; rooftop bar; day party; boat party; clubbers; DJs; decks; turntables and a mixer; residency;
        dancefloor; floor filler; house party anthem; jack; jacking; groove for the club; grooving club;
        feel-good club; 124; 909 kick; M1 piano; Korg organ; chord stabs; chords and kick; deep chords; sub and
        kick; after-party; afterparty; sunglasses and cocktails; fashion show; catwalk; runway; boutique; hotel
        bar DJ; shopping boutique beat; electronic dance; nineties dance; piano rave; Manchester club, 1989;
        disco samples; Saturday club; smooth club; uplifting club; sensual club; house; house music; house
        party; house beat; house groove; club groove; club beat; club classic; club night; dance club; dance
        beat; dance groove; four-four beat; steady kick; steady club beat; groovy club; groovy dance music; DJ
        mix; DJ playing; DJ booth; DJ by the pool; pool; beach party; beach club sunset; yacht party; summer
        club; club in Chicago; Chicago DJ; New York DJ; London club; Paris club; deep bass and chords; organ
        stabs; piano chords and kick; piano riff and kick; vocal chop and kick; soulful club; soulful dance;
        gospel vocal over a kick; shuffle hats; swinging hats; bouncy kick; bouncing bassline; bouncy bassline;
        rolling groove; rooftop party; rooftop DJ; cocktail party; fashion week; models; model on a runway;
        glamorous club; feel-good dance; happy dance floor; weekend; Friday night; weekend party; nightlife;
        partying; party till morning
        """
    ),
    "techno": split_phrases(
        """
        rave; raves; raver; ravers; German club; Frankfurt; underground club; industrial; industrial estate;
        factory hall; concrete; bunker; dark club; strobe; strobe lights; pounding; relentless; machine;
        mechanical; repetitive; minimal; kick drum; four-to-the-floor; all-night rave; illegal rave; peak hour;
        hard beats; sweaty dark dance floor; acid; modular; bleak machine music; black clothing; peak of the
        night; basement; strobes; strobe light; dark room; darkroom; factory; pounding kick; thumping; thump;
        thudding; rumble; rumbling kick; kick and hats; hard kick; minimalist; dub chords; 303; modular synth;
        Eurorack; sequencer; sequenced; analog sequence; noise sweeps; loops; loop-based; tool; DJ tool; peak
        time; after hours, electronic; all night; seven in the morning; no sleep; black clothes; dressed in
        black; sunglasses indoors; raving; underground; tunnel; tunnel party; power station; abandoned factory;
        Rotterdam; Tbilisi; body music; driving machine beat; cold machine; monotone; monotonous;
        trance-inducing loop; sci-fi factory; dystopian club; steel; assembly line; engine; 130; 135; stomp;
        stomping electronic; four-four machine; percussive electronic; stark; austere; techno; techno club;
        techno beat; electronic pounding; pounding machine; pounding electronic; pounding beat; hard electronic;
        dark electronic; dark warehouse; dark dance floor; dark machine; industrial beat; industrial kick;
        industrial machines; factory machines; factory floor; machinery; mechanised; piston; pistons; gears;
        metal press; repetitive beat; repetitive electronic; repetitive kick; hypnotic beat; hypnotic loop;
        hypnotic electronic; loop; minimal electronic; minimal beat; minimal club; stripped-down electronic;
        stripped-back; monochrome; black room; sweaty warehouse; warehouse party; underground party; secret
        rave; rave in a forest; rave in a tunnel; rave in a bunker; Berlin night; Berlin warehouse; Berlin
        basement; Detroit machines; dancing till noon; sleepless; endless night; non-stop kick; relentless beat;
        relentless kick; unrelenting; fast kick; throbbing; throbbing bass; pulsating beat; pulse; synthetic
        percussion; cold synths; bleak machines; robot factory; acid line; acid bass; squelch; squelchy;
        squelching
        """
    ),
    "trance": split_phrases(
        """
        euphoric; uplifting rave; festival main stage; lasers; Dutch DJ; Amsterdam; Netherlands; superstar DJ;
        progressive; psychedelic; full-moon party; Anjuna; Thailand full moon; Burning Man; Tomorrowland; neon
        paint; sunrise; soaring synths; arpeggio; supersaws; build-up; ecstasy; epic synth anthem; Armin; saw
        leads; plucked arpeggio; arpeggios and kick; offbeat bass; breakdown and build-up; long breakdown;
        build; big build-up; hands raised; laser; laser show; laser beams; mega-festival; festival; main stage;
        superclub; psychedelic electronic; vocal; Dutch; Amsterdam arena; Belgium; Israel; Germany, 1999; 1999;
        late nineties club; millennium; glowsticks; glow sticks; neon face paint; UV paint; fluorescent; full
        moon party; Thailand beach party; sunrise set; sunrise on the dance floor; soaring synth; soaring lead;
        anthem synths; epic synth melody; emotional synth; melodic club; melodic electronic; sidechained pads;
        white noise riser; snare roll; snare roll and drop; climax; 138; fast dance; energetic dance; hypnotic
        arpeggio; spiritual rave; cosmic journey; space travel, fast; flying; goosebumps; teary ravers;
        eurodance; hard dance; state of bliss on the floor; journey; angelic voice over synths; stadium of
        ravers; trance anthem; euphoric synths; euphoric lead; euphoric breakdown; euphoric club; euphoric
        festival; uplifting synths; uplifting lead; uplifting club anthem; soaring melody over a kick; big synth
        lead; big synth melody; epic synths; epic breakdown; epic club; emotional breakdown; emotional club;
        emotional lead; arpeggiated synths; fast arpeggios; fast synth; pulsing arpeggio; shimmering synths;
        bright synths; bright saws; wall of synths; huge synth chords; synth strings and kick; female vocals
        over synths; ethereal vocals and kick; hands to the sky; arms raised; ravers with glow sticks; festival
        rave; festival fireworks; festival lasers; festival crowd; crowd of thousands; stadium DJ; laser lights;
        green lasers; smoke machine and lasers; arena DJ; Armin-like set; beach rave; beach at sunrise;
        psychedelic rave; psychedelic synths; hypnotic synths; spiritual dance; cosmic dance; space flight;
        snare build; build and release; release; tension and release at 138
        """
    ),
    "drum and bass": split_phrases(
        """
        breakbeats; breakbeat; breaks; fast breaks; d and b; DnB; rave with breakbeats; ragga; Bristol; London
        1994; pirate radio; British rave; hardcore rave; speed rave; frenetic breaks; sub bass and fast drums;
        174; double-speed drums; chopped beats; rapid-fire drums; MC; Prodigy; Squarepusher; car chase; street
        racing; adrenaline racing beats; fast breakbeat; chopped breaks; jump up; roller; darkstep; drumfunk;
        reese; rolling sub; rewind; reload; MC on the mic; London; East London; Hackney; UK; tower block;
        estate; rave, 1994; nineties London; 170; 175; double-time drums; frantic drums; frenetic drums; rapid
        drums; rapid-fire snares; skittering drums; hi-speed drums; racing game; PlayStation game; futuristic
        race; snowboard; snowboarding; parkour; motorway at night; speeding; intense drums and sub; fast drums
        with slow pads; pads over fast drums; jazzy fast drums; soulful fast; rolling; bassbins; warehouse, fast
        breaks; skank out; gun fingers; horn in the rave; whistles in the rave; drum n bass; fast breakbeats;
        fast drums and bass; fast drums and deep bass; fast electronic breaks; fast breaks and sub; frenzied
        breaks; frenzied drums; frantic breakbeats; frantic breaks; rapid breakbeats; rapid breaks; racing
        drums; racing breakbeats; galloping breaks; rattling breaks; rattling snares; snappy breaks; sliced
        breaks; chopped drums; chopped drum loops; sped-up drums; sped-up breaks; sped-up drum loop; drums at
        double speed; rolling drums; rolling breaks; rolling bass; rumbling sub; deep sub and breaks; growling
        bass and breaks; distorted bass and breaks; London rave; London underground; London night bus; English
        rave; UK rave; warehouse breaks; liquid groove; soulful breaks; jazzy breaks; atmospheric breaks; spacey
        breaks; futuristic breaks; video game racing; car racing; fast car; snowboard video; extreme sports;
        extreme sport; night bus; hooded rave; MC chatting; toasting over breaks; ragga MC
        """
    ),
    "dubstep": split_phrases(
        """
        bass drop; drop; dirty bass; filthy bass; growling bass; bass music; bass-heavy; heavy bass; shaking
        bass; half-time; 140; UK bass; Croydon; electronic screeches; robotic growls; monster bass; gaming
        montage; FPS highlights; festival bass; headphones exploding; laser bass; LFO; modulated bass; rattling
        speakers; subwoofer; sub-bass pressure; frat party bass; Knife Party; wubs; wub wub; the drop; drops;
        filthy; sub bass; halftime beat; half-step; snare on three; huge snare; London, 2006; 2006; 2010; 2011;
        American festival; EDM festival; mosh to bass; rail riders; transforming robots; Transformers; machines
        screaming; distorted bass; screeching synth; screech; laser screech; glitch; glitches; LFO bass; talking
        bass; vowel bass; formant bass; chopped vocals; gamers; first-person shooter; montage; monster; monster
        truck; monsters; earthquake; seismic; subs rattling; rattling chest; rattle; chest-rattling;
        speaker-blowing; speakers exploding; bass cannon; bass; bone-shaking; bassheads; sound system, dark;
        hoodies; dark bass; grime; trap drops; dinosaurs; apocalypse beats; seizure; tear-out; aggressive synth
        bass; build and drop; dubstep; wobbly bass; bass growls; bass growl; bass drops; heavy drop; heavy
        drops; massive drop; massive bass; monstrous bass; enormous bass; aggressive bass; dirty drop; nasty
        drop; nasty bass; bassy; deep bass; deep sub; deep sub-bass; sub-bass; sub bass and snare; slow heavy
        beat; slow drums, huge bass; half-time drums; half-time beat; half-speed; half-speed drums; heavy
        half-time; robot noises; robotic bass; machine growls; mechanical growl; screaming synths; screaming
        bass; screechy; screechy synths; glitchy bass; glitch bass; glitched; stuttering bass; modulated;
        modulating; modulation; low-frequency; oscillating; oscillating bass; oscillator; sirens; sound system
        bass; sound-system; speakers; speaker stack; speaker stacks; subwoofers; shaking walls; shaking floor;
        walls shake; car windows rattling; gaming video; gaming intro; esports; e-sports; trailer for a shooter;
        festival drop; rave bass; dark dub; dub from London; South London bass; filth
        """
    ),
    "ambient": split_phrases(
        """
        atmosphere; atmospheres; soundscapes; texture; textures; pad; pads; long held tones; sustained tones;
        hum; floating; zero gravity; space; outer space; astronaut; spacewalk; galaxy; infinite; void;
        emptiness; static; slow evolving; minimal and beatless; no rhythm; background; installation; airport;
        Vangelis; Tangerine Dream; Sigur Rós; glacier; fog; ocean depths; long pads; synth pads; slow pads; no
        beat; without rhythm; no melody; formless; endless; eternity; evolving; slowly shifting; shifting;
        washes; wash of sound; reverb; huge reverb; reverberant; mist over a lake; aurora; northern lights;
        iceberg; Arctic; Antarctica; snow; snowfield; tundra; deep sea; ocean floor; submarine; stars drifting;
        planetarium; airports; gallery; museum installation; tape loops; granular; field recordings; barely
        there; vapour; isolation; isolationist; deep listening; Iceland; Reykjavik; Berlin school; bowed
        textures; slow-moving; breathing pads; immersive; nothing happens; music as wallpaper; furniture;
        ambient; ambience; atmospheric pads; drifting pads; drifting in space; floating pads; floating in space;
        floating in the void; slowly drifting; slow textures; very slow; spacious pads; vast pads; vast space;
        vast empty; empty; empty space; open space; horizon; horizons; landscape; landscapes; frozen landscape;
        icy landscape; icy; frozen; frozen lake; winter landscape; snowfall; falling snow; polar night; polar;
        deep space; deep space station; space station; orbit; orbiting; satellite; astronaut drifting;
        interstellar silence; planets; stargazing; ocean; deep ocean; deep blue; under the ice; cave drips;
        cavern; long reverb; long notes; sustained pads; swelling pads; swells; slow swells; soft swells; synth
        swells; dark ambient; humming machines far away; wind; wind and pads; rain and pads; sound art; art
        installation; sleep music; background texture; no drums; no pulse; timeless; suspended; motionless;
        immobile; blank; white
        """
    ),
    "downtempo": split_phrases(
        """
        chill; chill out; chill-out lounge; lounge; lounge bar; beach bar; sunset bar; sunset on the terrace;
        cocktail bar; trip hop; slow beats; slow groove; slow electronic; hazy room; smoke and cushions; incense
        and bean bags; after-hours; late evening; boutique hotel; chillout compilation; mellow electronic;
        Goldfrapp; Gotan Project; chillax; loungey; chill lounge; café; cafe del sea; beach café; sunset; sunset
        lounge; sofas and candles; rooftop at dusk; hotel lobby; nineties Bristol; smoky beats; slow breakbeat;
        slow breaks; mellow beat; electronica; electronic with samples; sampled strings; sampled jazz; dusty
        samples; scratches and strings; double bass loop; Rhodes and beats; vibraphone and beats; nu jazz; lazy
        groove; laid-back electronic; laid-back beats; organic electronic; organic house, slow; world beats;
        Buddha statue lounge; Bali lounge; desert festival at dawn; slow dusty; comedown; morning after; after
        the club; chill room; back room of the club; late-night drive, slow; night drive, mellow; Viennese
        coffeehouse beats; Paris lounge; spa with beats; headphones; headnod; headphone music; film noir beats;
        spy lounge; moody beats; atmospheric beats; leftfield; ninja; compilation from a bar; mid-tempo
        electronic; downtempo; chill beats with strings; chill electronic; chill electronica; chilled beats;
        chilled electronic; chilled groove; chilled lounge; chill bar; chill café; chilling; chilling out;
        lounge beats; lounge groove; lounge music; bar lounge; cocktail lounge, electronic; electronic lounge;
        relaxed electronic; relaxed beats; relaxed groove; relaxed breakbeat; slow beat; slow electronic beats;
        slow-burning; slow-burn; smoky lounge; smoky electronic; moody electronic; moody electronica; moody
        breakbeat; moody trip; late-night; late-night electronic; late-night beats; after-hours lounge; hazy
        beats; hazy electronic; sultry beats; sultry electronic; sultry vocals over beats; sensual beats; sexy
        beats; seductive groove; slow-motion beats; slow-motion groove; heavy-lidded; head-nodding electronic;
        headphones at night; night walk; walking through the city at night; city at 3 am; sunset beach bar;
        sunset terrace; sundowner; sundowners; sunset session; Buddha lounge; Bali beach; oriental beats; sitar
        and beats; flute and beats; trumpet and beats; strings and beats; dub and beats; dubby beats; vinyl
        samples
        """
    ),
    "trap": split_phrases(
        """
        southern rap; Georgia rap; Houston rap; Memphis rap; hood; gang; gangsters; gold chains; diamonds;
        grills; Lamborghini; designer; racks; money; hi-hats; hats; rolling hats; 808; bass and hats; producer
        tag; rap beat; hard rap beat; autotune; mumble rap; Drake; Lil Wayne; Lil Baby; Gunna; Future; Offset;
        Southside; SoundCloud rap; strip club; 808 bass; eight-oh-eights; hat rolls; triplet hats; triplets;
        stuttering hats; skittering hats; booming bass; booming kick; sliding 808; sub hits; distorted 808;
        Houston; plug; ad-libs; auto-tune; Soundcloud; type of beat; FL Studio; gangster; thug; gun; guns;
        drugs; dealer; dope; trap house; kitchen; stripper; cash; stacks; rich; chains; gold chain; gold teeth;
        Lambo; Bentley; Gucci; lean; syrup; molly; hustler; hustling; bells and 808s; dark bells; eerie bells;
        dark piano and 808; flute and 808; brass and 808s; horror melody and hats; menacing beat; hard beat;
        flex; flexing; swag; braggadocio; late night ride; blacked-out SUV; gym, heavy beat; 2010s hip hop;
        2017; modern rap; half-time rap beat; club rap; trap; trap beat; trap drums; trap music; trap hats; hard
        trap; dark trap; trap soul; rap beats, modern; modern rap beat; heavy rap beat; dark rap beat; street
        rap; gangster rap, modern; Southern hip hop; crunk; booming 808; booming bass and hats; deep 808; deep
        808s; heavy 808; heavy 808s; huge 808; sub-bass and hats; sub and rapid hats; rapid hats; rapid hi-hats;
        fast hi-hats; rolling hi-hats; rolling snares; hi-hat triplets; triplet hi-hats; rattling hats; ticking
        hats; snappy snare and 808; claps and 808; synth bells; dark bells and bass; gothic bells; sinister
        bells; sinister beat; eerie beat; eerie piano beat; menacing 808; rapper with chains; rapper in a
        Lamborghini; luxury; luxury cars; luxury watches; bling; blinged out; diamonds on my neck; money
        counting; counting money; money and power; making money; get money; rich and famous; gang life; drug
        dealer; drug money; thug life; the block; on the block; strip joint; strobe and chains; auto-tuned;
        autotuned vocals; mumbling rapper; mumbled rap
        """
    ),
    "hip hop": split_phrases(
        """
        rap music; rappers; MCs; rhymes; bars; flow; beat; beats; beatmaker; 1990s; nineties; 90s hip hop;
        golden age; New York; Queens; Bronx; Staten Island; Manhattan projects; stoop; brownstone; subway
        graffiti; boombox; breakdancers; turntables; scratching; sampler; crate digging; Pete Rock; Madlib; MF
        DOOM; Notorious B.I.G.; Mos Def; The Roots; basketball court; baggy jeans; head-nodder; rhyme; rhyming;
        emcees; cypher; boom-bap; boom and bap; breakbeat, slow; break; sample; samples; sample-based; looped;
        loop from an old record; crate; crates; digger; turntable; turntablist; scratch; scratches; DJ cuts;
        ghetto blaster; beatbox; beatboxing; b-boys; b-girl; windmills on cardboard; graffiti; spray can; spray
        paint; subway train; West Coast; L.A.; Oakland; Philly; Marseille; street corner; ghetto; projects;
        housing projects; urban; basketball; streetball; Jordans; baggy; hoodie; snapback; Kangol; gold rope;
        track suit; Adidas; lowrider; lowriders; cruising; G-funk; jazz rap; jazzy rap; old school; old-school;
        1988; eighties rap; SP-1200; head-nodding; head nod; nodding; swung drums; dusty drums; drum break and
        bass; piano loop and drums; horn sample; hard drums; instrumental rap; mic; two mics; hip hop; hip hop
        beat; hip hop groove; hip-hop drums; rap song; rap beat with samples; nineties beat; nineties New York;
        New York rap; New York streets; East coast rap; West coast rap; LA rap; old rap; classic rap;
        golden-era; golden era; funky rap; funky drums and rhymes; funky beat; funky break; jazzy beat; jazzy
        samples; soul sample; soul samples; sampled horns; sampled soul; sampled drums; sampled break; drum
        break; drum breaks; dusty break; dusty loop; looped break; looped drums; chopped samples; chopped soul;
        record scratching; scratching records; spinning records; turntablism; microphone; on the mic; rhyme
        battle; rap battle; street cypher; battle rap; wordplay; storyteller on the mic; street poetry; street
        poet; street stories; city streets; inner city; inner-city; city block; city block party; block parties;
        park jam; Bronx, 1979; Bronx streets; subway; subway cars; spray-painted train; spray cans; breakdancers
        on cardboard; breaking; dancers spinning on heads; boom; boom and clap; head nodder; head nodding;
        head-bobbing; bobbing heads; lowrider cruise; low rider; cruising the boulevard
        """
    ),
    "lo-fi hip hop": split_phrases(
        """
        studying; study; study session; homework; revision; exams; library; desk lamp; laptop; coding;
        concentration; mellow beats; drowsy; anime; anime girl; livestream; relaxing beats; vinyl; dusty; tape;
        coffee shop; college dorm; notebook and tea; background beats; exam; student; desk; notebook;
        programming; focus; concentrate; chill hop; soft beats; cosy beats; dusty beats; low fidelity;
        crackling; tape hiss; warble; wow and flutter; cassette deck; muffled; muffled drums; detuned; worn;
        jazzy chords; jazz chords and beat; jazz guitar loop; Rhodes loop; mellow Rhodes; piano loop; soft piano
        and beats; guitar loop and beats; rain on the window; café rain; cup of coffee; cup of tea; hot
        chocolate; blanket; cat; sleeping cat; cat on the windowsill; anime girl with headphones; headphones on;
        Tokyo; Tokyo apartment; Shibuya; balcony plants; city lights; night window; bedroom producer; plants;
        stream all day; live stream; 24/7 stream; YouTube stream; playlist to relax; nostalgic beats; old
        cartoon sample; 2 am; 3 am; late night; alone at home; slow mornings; lazy Sunday; boom bap, soft; soft
        boom bap; swung soft drums; sidechained; downbeat loop; instrumental beats; cozy; comfy; pyjamas;
        journal; journaling; book and blanket; lo-fi beats; lofi study; lo-fi chill; lo-fi study; lo-fi piano;
        low-fi; chill study; music for studying; study playlist; study at night; late-night study; late-night
        studying; late study; studying in the rain; studying with coffee; writing an essay; writing; reading a
        book; reading nook; reading and tea; quiet reading corner; calm beats; calm beat; soft beat; soft drums;
        soft kick; soft dusty drums; gentle beats; gentle beat; gentle hip hop; mellow hip hop; mellow piano
        beat; mellow jazz beat; jazzy study; jazzy chill; jazzy mellow; warm; warm crackle; warm tape; warm
        vinyl; vinyl noise; vinyl hiss; old vinyl; record crackle; dusty vinyl; dusty record; dusty piano; dusty
        jazz; tape-saturated; tape-worn; worn tape; cassette warmth; wobbly tape; wobbly piano; wobbly keys;
        sleepy piano beat; sleepy vibe; drowsy beats; cosy room; cosy night in; cozy night; cozy room; rainy
        night in; rainy night in the city; rain outside; raindrops; raindrops on glass; window seat; window
        rain; city rain; cafe; coffee shop beats; coffee shop study; quiet café; anime rain; anime city; anime
        bedroom; Tokyo rain; Tokyo night; Kyoto evening; cat nap; kitten on a desk; lamp light; lamplight;
        homework night; doing homework; background for work; work from home; coding at night; nostalgic tape
        """
    ),
    "synthwave": split_phrases(
        """
        eighties; 80s; 1980s; 1984; Miami; Florida; Ferrari; sports car; neon lights; neon sign; night driving;
        highway at night; analog synthesizers; synths; retro-futuristic; cyberpunk; VCR; video cassette;
        videotape; tape rental shop; Kung Fury; palm trees; sunset grid; Terminator; arpeggiated; the eighties;
        1985; 1986; retro eighties; retrofuturism; retro-futurist; neon grid; pink and purple; magenta; palm
        trees and sunset; LA by night; Tokyo neon; night drive; driving at night; midnight drive; sports cars;
        convertible; cruising at night; city at night; skyline; grid; video store; Walkman; mullet; aviators;
        shoulder pads; leather jacket and sunglasses; cop show; detective; eighties movie; eighties film;
        eighties horror; eighties action; Blade; replicant; robot cop; sci-fi, 1982; synth; synthesizer; analog
        synth; analogue synths; Juno; Jupiter; Prophet; DX7; Oberheim; Linn; gated reverb; gated drums;
        arpeggiator; arpeggiated bass; pulsing synth bass; synth brass; saxophone and synths; keytar; electronic
        toms; hexagonal drums; drum machine and synths; new wave; synthpop; nostalgia for the eighties; hacker;
        computer screen; mainframe; chrome; chrome letters; starfield; synthwave; synth retro; retro synth;
        retro synths; retro synth beat; eighties synth; eighties synths; eighties synth beat; eighties drum
        machine; eighties action film; eighties sci-fi; eighties soundtrack; eighties nostalgia; eighties car;
        eighties neon; eighties arcade; eighties TV; eighties night; 80s movie; 80s film; 80s action; 80s drive;
        80s retro; neon city; neon night; neon streets; neon skyline; neon drive; neon highway; neon rain;
        neon-lit; neon-soaked; neon-drenched; glowing neon; purple neon; pink neon; pink sky; sunset over a neon
        grid; sunset drive; driving a sports car at night; drive along the coast at night; coastal highway at
        night; cruise along the Pacific; night cruise; night city; night city drive; midnight highway; empty
        highway at midnight; red sports car; fast car at night; car stereo, 1985; retro future; retro futurism;
        future as seen in 1984; futuristic city; cyber city; cyberpunk city; cyberpunk night; dystopian city;
        rain-soaked neon; android noir; killer robot; time machine; time travel to 1985; pulsing synths;
        pulsating synths; analog; analog warmth; analog pads; analogue; vintage synth; vintage synths; warm
        analogue synths; big gated drums; big eighties drums; synth lead; synth solo; arpeggiated synth bass;
        arpeggio synth; video rental; arcade night; arcade neon; lasers and grids
        """
    ),
    "chiptune": split_phrases(
        """
        16-bit; pixel; pixels; pixelated; console; games console; handheld; handheld console; gamer; gaming;
        retro gaming; old computer; computer game; platformer; level; level up; bonus round; high score;
        joystick; cartridge; pinball parlour; Pokémon; Sonic; Donkey Kong; Space Invaders; Kirby; Mario;
        PlayStation; bleep; bleeps; beeps; square wave; sprites; game over; power-up; 8 bit; 16 bit; bit; bits;
        pixel art; video games; retro game; old game; game console; SNES; Commodore; C64; Spectrum; MSX;
        Tamagotchi; arcade machine; coin; coins; coin sound; gamepad; level one; next level; power up; extra
        life; hero jumps; platform game; jump and run; plumber; hedgehog; invaders; maze; dots; falling blocks;
        blocks; tetromino; RPG; role-playing; overworld; battle theme; title screen; loading screen; floppy;
        floppy disk; demo scene; tracker; mod; module; sound chip; chip; chips; pulse wave; pulse waves; square
        waves; triangle wave; noise channel; bloops; bloop; blip; bips; bitcrushed; bit-crushed; arpeggiated
        squares; rapid arpeggio; monophonic; ringtone; old phone; Nokia; calculator; cute robot; nerd; nerdy;
        geek; kids' game; childhood console; speedrun; cheat code; chiptune; chip tune; chip sound; bit music;
        eight-bit hero; pixel hero; pixel adventure; pixel dungeon; pixel graphics; video game music; video game
        level; video game boss; video game hero; old video game; old games; old console; vintage console;
        vintage game; retro games; retro gamer; retro console; console game; handheld game; arcade game; arcade
        hall; game level; game music; game hero; game menu; gaming console; gaming nostalgia; jumping plumber;
        jumping hero; jumping on mushrooms; mushroom kingdom; princess in another castle; castle level;
        underwater level; bonus level; boss level; final boss; collect coins; power ups; power-ups; extra lives;
        lives left; three lives; pew pew; pew-pew; laser zaps; space shooter; shooter from 1986; space ships and
        pixels; beeping; beepy; bleeping; bloopy; blippy; bips and bops; square-wave; square wave lead;
        pulse-wave; simple waveforms; console sound chip; computer from 1985; home computer; microcomputer; cute
        beeps; toy computer; digital beeps; electronic beeps; buzzing beeps; tinny beeps; 8-bit hero; 8-bit
        melody; 16bit; nineties console; kids playing on a console; monochrome handheld; blinking pixels; robot
        mascot
        """
    ),
    "electro": split_phrases(
        """
        robots; robotic; android; cyborgs; machines; talkbox; computer; computer voice; circuits; electronic;
        electronics; electro-pop; synth-pop; German electronics; Düsseldorf; autobahn; calculators; French
        electro; Paris; Get Lucky; breakdance; drum machine; drum machines; synthesizers; dance machine;
        digital; futuristic; electro; vocoder voice; 808 beat, old; 808 drum machine; electronic beat;
        syncopated machine beat; machine beat; machine groove; break dancers; popping; locking; electro-house;
        electro house; electropunk; electro funk; synth bass; buzzing bass; buzzing synth; distorted synth;
        dirty synth; gritty synth; sawtooth; saw bass; fat synth; zaps; zap; circuit; circuitry; electricity;
        voltage; volts; high voltage; computers; robots in the city; spaceships; planet; UFO; science;
        laboratory; Germany; New York, 1982; 1982; 1983; early eighties; Paris, 2007; blog house; helmets;
        fashion party; art-school party; sleazy; sleaze; dirty club; bloghouse; indie dance; synthpunk;
        techno-pop; electronic body; staccato synth; stutter; stuttering; glitchy; chopped; 1980s hip hop beat;
        cars with bass; car stereo; video dance; motorik; robotic voice; synthetic; plastic; data; electro beat;
        electro groove; electro party; electro club; electro synth; electro bass; electro robots; electronic
        funk; electronic groove; electronic punk; robot funk; robot groove; robot dancers; robot voice; robotic
        groove; robotic funk; robotic vocals; robotic beat; vocoded; vocoded vocals; vocoder vocals; talking
        robot; talking machine; machine voice; machine voices; drum machine groove; drum-machine funk;
        syncopated drum machine; crisp drum machine; snappy drum machine; breakdance battle; breakdance crew;
        breakdancers, 1983; body poppers; popping dancers; locking dancers; pop and lock; moonwalk; synthetic
        bass; synthetic funk; synth stabs; synth riff; fuzzy synth; fuzzy synth bass; buzzing; buzzing synths;
        buzzy; buzzy bass; dirty electronic; dirty synths; gritty electronic; grimy synth; distorted synths;
        distorted electronic; crunchy synth; crunchy electronic; edgy electronic; edgy club; sleazy club; sleazy
        synth; fashion electro; Paris electro; Parisian; Parisian club; Berlin electro; German robots; Kraut
        robots; computer beat; computer funk; computer love; electric beat; electric dance; electroshock; shock;
        sparks; sparking; wires; cables; circuit board; circuit boards; transistor; transistors; diodes;
        current; lab; robotics; android dance; space robots; spaceship dance; space age; futuristic beat;
        futuristic funk; stutter edits; stuttering synth; chopped synths; glitchy electro; bass cars
        """
    ),
}

MOODS: dict[str, tuple[str, ...]] = {
    "happy": split_phrases(
        """
        glad; happiness; joy; laughter; laughing; fun; party; good-natured; sunshine; summery; bubbly; buoyant;
        festive; celebrate; celebration; carefree; thrilled; pleased; bright; hooray; rejoicing; glee; jollity;
        grin; merriment; cheer; delightful; holiday; feels great; makes everybody happy; hum along; light of
        heart; delight; bright and light; good spirits; feelgood; upbeat; birthday; picnic; first day of summer;
        ice cream; whistling; skipping; clap along; contented grin; rainbow; rainbows; butterflies; flowers;
        spring morning; blue sky; warm fuzzy; good news; wedding day; dance of joy; lottery win; positivity;
        lively and light; big grin; sweet and sunny
        """
    ),
    "sad": split_phrases(
        """
        sadness; sorrows; grief; cry; crying; tears; in tears; loss; lost love; separation; divorce; break-up;
        dumped; sombre goodbye; dirge; lament; gloomy; hopeless; abandoned; alone and miserable; wretched;
        tragic; tragedy; desperate; painful; pain; hurting; pitiful; black armband; goodbye; depressed;
        disconsolate; broken-hearted; lost someone; grave; cemetery; widow; despair; depression; misery;
        unhappy; down; downcast; gloomy tears; goodbye forever; hospital; dying; last breath; empty chair; empty
        house; hurt; wounded; suffering; anguish; agony; black veil; orphan; crushed; woe
        """
    ),
    "calm": split_phrases(
        """
        calmness; quietness; peace; peace and quiet; tranquillity; relaxed; relax; rest; resting; sleep;
        sleeping; asleep soon; nap; good night; pacifying; unruffled; still; undisturbed; unexcited; slow down;
        wind down; sofa; cosy; comfortable; soft-spoken; low-key; easy; easy listening; gentle breeze; settled;
        soothe; breathing out; slow and easy; cool-headed; lake; still water; pond; garden; breeze; asleep;
        bedtime; bath; warm bath; breathing slowly; deep breath; hush; silent; lull; lulling; comfort; safe;
        ease; contented; balanced; harmony; tender quiet; reading; evening calm; morning calm; softly
        """
    ),
    "energetic": split_phrases(
        """
        energy; full of energy; high energy; adrenalin; adrenaline rush; action; motion; movement; moving;
        speed; fast; power; powered; charged; supercharged; boosted; turbo; wired; hyperactive; excited;
        exciting; excitement; sporty; exercise; fitness; training; treadmill; running; sprint; race; jump; wide
        awake; bouncy and fast; dynamite; rocket fuel; fiery; pulsating; non-stop; lively; vigour; active;
        fast-paced; pumping; pumped; full of life; powerful drive; workout; gym; runner; sprinting; jogging;
        cardio; sport; sports; rush; caffeine; espresso; energy drink; battery; fireworks; rocket; bouncing;
        dance; fired up; fire; on fire; wild; thrilling; nonstop; snappy; pep
        """
    ),
    "dark": split_phrases(
        """
        darkness; night; midnight; black; shadow; shadows; fear; scary; frightening; terrifying; terror; horror;
        haunted; ghosts; spectral; evil; wicked; villain; villainous; murder; murderer; killer; crime scene;
        detective mystery; mysterious; mystery; witches; bats; creature; gloom; doomed; dread; bad omen;
        premonition; something evil comes; cold and dark; disturbing; unnerving; coffin; underworld; dark;
        blackness; moonless; menace; vampire; vampires; werewolf; witch; ghost; haunting; horrific; goth; tomb;
        cellar; cave; abyss; bat; raven; crow; crows; wolves; nightmare; nightmares; occult; curse; crime;
        dystopia; dystopian; black cat; poison; sinful; forbidden
        """
    ),
    "romantic": split_phrases(
        """
        romance; lovers; in love; loved; lover; couple; kiss; kisses; kissing; candles; roses; red roses;
        champagne; sweethearts; darling; honey; cuddly; soppy; mushy; kissy; burning desire; desire; ardent;
        fervent; heartfelt love; wedding; bride; engagement; valentine; Cupid; embrace; serenading; enraptured;
        moonlight; heart-shaped; hug; hold hands; holding hands; cuddle; cuddling; intimacy; tenderness;
        affection; beloved; couples; date; candlelight; dinner for two; bouquet; valentine's; ring; marriage;
        moonlit; gondola; serenade; seduction; longing kiss; heart; heart to heart; sweet nothings; soulmate;
        soulmates; flirting; flirt; love letter; love letters; warm embrace
        """
    ),
    "epic": split_phrases(
        """
        huge; enormous; giant; immense; vast; gigantic scale; massive; powerful; strong; majesty; triumph;
        victory; victory at last; war; battle; battlefield; dragon; dragons; castle siege; sword; swords;
        kingdom; king; emperor; warriors; hero; heroes; legend; quest; thunderstorm; awe; awesome; breathtaking;
        spectacular; tremendous; overwhelming; epic; myth; mythical; gods; Olympus; titan; titans; kings;
        empire; crown; throne; coronation; conquest; conqueror; armies; knights; saga; odyssey; adventure;
        voyage; mountain top; awesome power; storm of gods; noble; regal; royal; imperial; bombastic; spectacle;
        world-saving; destiny; apocalyptic; cosmic scale
        """
    ),
    "dreamy": split_phrases(
        """
        dream; dreams; dreaming; in a dream; sleepwalking; drowsy haze; sleepy and blurred; heavenly; angelic;
        angels; stars; moon; cosmos; cosmic; unreal; fantastic; strange and beautiful; Dalí; mirage; fantasy;
        illusion; underwater; mermaid; drifting; hovering; vague; blurry; mist; veil; trance; lost in thought;
        fairy; faraway; daydream; float; magic; mystical; enchanting; fairytale; wonderland; moonbeams;
        starlight; space drift; bubbles; soap bubbles; floating on water; jellyfish; cotton wool; gauze; silk;
        shimmer; glow; twinkling; blurred; half-awake; trance-like; hypnotised; reverie; imaginary; imagination;
        distant; opium; trippy; kaleidoscope; pastel; slow-motion; levitating
        """
    ),
    "tense": split_phrases(
        """
        tension; stress; stressed; thriller; nerves; nervy; anxiety; anxious waiting; worry; fear of being
        caught; paranoia; being watched; hunted; stalked; twitchy; shaky; jumpiness; fidgety; cliffhanger; bomb;
        time bomb; spy; spies; sneaking; stealth; infiltration; pursuit; chase; countdown; danger; dangerous;
        uneasy silence; tense; unease; fearful; afraid; scared; panic; heist; robbery; bank robbery; chased;
        hiding; hide and seek with a killer; stalker; hostage; interrogation; ticking; ticking clock; clock is
        ticking; deadline; time running out; edge; edge of your seat; breathless; heartbeat; racing heart;
        sweating; cold sweat; trembling; shaking; impatience; waiting; before the storm; threat; ambush;
        mission; alarm; urgent; urgency; crisis; emergency; high stakes; standoff; duel
        """
    ),
    "playful": split_phrases(
        """
        play; playing; playtime; fun and games; game; games; joke; joking; jokes; prank; pranks; circus;
        cartoon; puppies; kids; childish; childlike; children; ridiculous; daft; foolish; crazy in a fun way;
        loopy; nutty; naughty; saucy; sassy; impudent; wink; tickle; giggle; giggling; comic; comedy; slapstick;
        rascal; mischief; tomfoolery; monkey; bubble gum; playful; humour; clown; clowns; cartoons; child;
        toddler; toy; puppet; puppets; puppy; kitten; kittens; monkeys; duck; ducks; penguins; squirrel; hop;
        hopping; skip; bounce; giggles; whimsy; frolic; frolicking; romp; caper; capers; tiptoe; tiptoeing;
        sneaky and funny; tease; witty; lighthearted; light-hearted; hopscotch; lollipop; jelly; banana peel;
        vaudeville; jester; trickster; elf; gnome
        """
    ),
    "melancholic": split_phrases(
        """
        melancholy mood; longing for someone; pining; ache; regret; regrets; remorse; tired; weary; jaded;
        disillusioned; resigned; wistfulness; thoughtful; lonely; loneliness; solitude; alone; rain; rainy;
        autumn; November; grey; watching the rain; distance; unfulfilled; bittersweet memory; half sad;
        reflection; solitary; drizzle; falling leaves; grey sky; overcast; winter; bare trees; empty street;
        empty bench; train window; window; dusk; late; absence; faded love; unsaid words; muted; resignation;
        quiet sadness; gentle sadness; a little sad; touch of sadness; tinged with sadness; heavy heart;
        heavy-hearted; aching; downhearted; lost; unrequited; poetic
        """
    ),
    "uplifting": split_phrases(
        """
        hope; hopes; hopefulness; inspiration; motivation; encouragement; optimism; confidence; confident;
        courage; brave; morale; cheering on; heart-lifting; lifting; lifted; rising; rise; soar; higher and
        higher; success; winning; winner; goal; achievement; overcoming; new life; dawn; stirring speech;
        uplifting; inspire; empowerment; believe; belief; rise up; wings; eagle; climb; climbing; mountain peak;
        finish line; goals; achieve; win; medal; champion; champions; overcome; breakthrough; new start; new
        day; light at the end; bright future; dream come true; graduation; speech; charity; hands together;
        togetherness; warm glow; elevated; exalted; spirits high; good things coming; progress; startup;
        corporate; company video; success story; yes we can; freedom; liberating; reborn; rebirth
        """
    ),
    "aggressive": split_phrases(
        """
        aggression; anger; fury; violence; fight; fighting; fighter; attack; attacking; war cry; beastly; wild
        animal; barbaric; barbarian; cruel; crushing; destroy; destruction; wreck; demolition; crush; punch;
        punches; kick; kill; blood; bloody; boxing; wrestling; frenzied; frenzy; unleashed; hardcore; mad as
        hell; aggressive; hate; hatred; brutality; boxer; punching; smash; smashing; assault; warfare; combat;
        battle cry; rioting; shouting; yelling; roar; roaring; beast; animal; predator; shark; tiger; pitbull;
        bull; rough; harsh; abrasive; hard-hitting; intense; hostility; revenge; vengeance; vengeful; explosive
        anger; outrage; grinding teeth; clenched fists; fist; fists; hammer; sledgehammer; wrecking; stomping;
        tear it down; mean; toxic
        """
    ),
    "nostalgic": split_phrases(
        """
        memories; memory; remember; remembering; reminiscence; the past; past times; old times; old days; long
        ago; years ago; yesterday; days of yore; bygone days; childhood; school days; classmates; old friends;
        grandmother; grandma; grandfather; old photos; photo album; faded; old film; old movie; antique; old;
        aged; looking back; homesickness; wistful memory; black-and-white; nostalgic; good old days; the old
        days; past; flashback; back then; childhood summers; childhood home; high school; teenage years; first
        love; grandparents; grandpa; family album; photographs; faded photo; black and white; home movies;
        record player; gramophone; old radio; diner; drive-in; attic; letters in a shoebox; coming home;
        homecoming; summer of 69; summers past; reunion; old friend; simpler times; golden days; golden hour of
        youth; time capsule; lost time; the way we were; ages ago; back in the day
        """
    ),
}
